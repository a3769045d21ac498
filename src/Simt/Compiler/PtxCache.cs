using System.Collections.Concurrent;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace BareBert.Simt;

/// <summary>Keeps compiled kernels on disk, so that only the first start of a build compiles: under the code that they were made from (the module versions of the
/// kernel's assembly and of all that it refers to, ILGPU's among them), the method and the chip.</summary>
/// <remarks>Nothing depends on it: what is damaged, or cannot be read or written, is compiled.</remarks>
internal sealed class PtxCache(string? folder = null)
{
    // Builds whose kernels are kept.
    private const int Builds = 4;

    private static readonly ConcurrentDictionary<Assembly, string> Versions = new();

    /// <summary>Where they are kept: given, or in the user's data folder.</summary>
    public string Folder { get; } = folder ?? Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "barebert", "ptx");

    /// <summary>From disk, or compiled and then put there.</summary>
    /// <exception cref="SimtCompileException">It cannot be compiled.</exception>
    public PtxModule Of(MethodInfo method, string target)
    {
        string build = Path.Combine(Folder, Versions.GetOrAdd(method.Module.Assembly, VersionOf)), path = Path.Combine(build, KeyOf(method, target) + ".ptx");
        if (Read(path) is { } text)
            return new PtxModule(PtxModule.NameOf(method), text);
        PtxModule module = PtxModule.Of(method, target);
        Write(build, path, module.Text);
        return module;
    }

    private static string? Read(string path)
    {
        try
        {
            if (!File.Exists(path))
                return null;
            string kept = File.ReadAllText(path);
            int end = kept.LastIndexOf("//", StringComparison.Ordinal);
            return end > 0 && kept[(end + 2)..] == Hash(kept[..end]) ? kept[..end] : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private void Write(string build, string path, string text)
    {
        try
        {
            if (!Directory.Exists(build))
                ForgetOldBuilds();
            Directory.CreateDirectory(build);
            string temporary = $"{path}.{Environment.ProcessId}.{Environment.CurrentManagedThreadId}";
            File.WriteAllText(temporary, $"{text}//{Hash(text)}");
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // A read-only or full home: the next start compiles again.
        }
    }

    private void ForgetOldBuilds()
    {
        if (!Directory.Exists(Folder))
            return;
        foreach (DirectoryInfo old in new DirectoryInfo(Folder).GetDirectories().OrderByDescending(build => build.LastWriteTimeUtc).Skip(Builds - 1))
            old.Delete(recursive: true);
    }

    private static string VersionOf(Assembly assembly)
    {
        var seen = new SortedDictionary<string, Guid>(StringComparer.Ordinal);
        Add(assembly);
        Add(typeof(PtxCache).Assembly);
        return Hash(string.Join('\n', seen.Select(pair => $"{pair.Key} {pair.Value}")));

        void Add(Assembly part)
        {
            if (!seen.TryAdd(part.GetName().Name!, part.ManifestModule.ModuleVersionId))
                return;
            foreach (AssemblyName name in part.GetReferencedAssemblies())
                if (!name.Name!.StartsWith("System", StringComparison.Ordinal) && name.Name is not ("netstandard" or "mscorlib"))
                    Add(Assembly.Load(name));
        }
    }

    private static string KeyOf(MethodInfo method, string target) => Hash(
        $"{target}\n{method.DeclaringType}\n{method}\n{string.Join('\n', method.GetGenericArguments().Select(type => $"{type.AssemblyQualifiedName} {type.Module.ModuleVersionId}"))}");

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..40];
}
