using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>The program as another build of it would be: one of its libraries has another module version, and nothing else differs.</summary>
internal static class OtherProgram
{
    /// <summary>Makes it.</summary>
    /// <param name="folder">Where; it is made.</param>
    /// <returns>What to start.</returns>
    public static string Make(string folder)
    {
        Directory.CreateDirectory(folder);
        string library = typeof(IKernels).Assembly.Location;
        foreach (string file in Directory.EnumerateFiles(AppContext.BaseDirectory))
        {
            string copy = Path.Combine(folder, Path.GetFileName(file));
            if (Path.GetFileName(file).StartsWith("barebert.", StringComparison.Ordinal))
                File.Copy(file, copy); // the runtime looks for the rest where it truly lies
            else if (file != library)
                File.CreateSymbolicLink(copy, file);
        }
        byte[] bytes = File.ReadAllBytes(library), version = typeof(IKernels).Module.ModuleVersionId.ToByteArray();
        int at = bytes.AsSpan().IndexOf(version);
        Assert.True(at > 0 && bytes.AsSpan(at + 1).IndexOf(version) < 0, "the module's version is not where it was thought to be");
        bytes[at] ^= 1;
        File.WriteAllBytes(Path.Combine(folder, Path.GetFileName(library)), bytes);
        return Path.Combine(folder, "barebert.dll");
    }
}
