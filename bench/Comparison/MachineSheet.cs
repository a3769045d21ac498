using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using BareBert.Kernels;

namespace BareBert.Bench;

/// <summary>On what, with what and when results were measured.</summary>
internal static partial class MachineSheet
{
    // Assemblies of what stands beside ours: always, and with -p:Peers=true.
    private static readonly string[] Libraries = ["System.Numerics.Tensors"],
        Peers = ["TorchSharp", "Microsoft.ML.OnnxRuntime", "Microsoft.ML.Tokenizers", "FastBertTokenizer", "Tokenizers.DotNet"];

    // By them a library can be held to narrower vectors; DOTNET_EnableAVX512=0 does it to ours.
    private static readonly string[] Variables =
        ["DOTNET_EnableAVX512", "DOTNET_EnableAVX2", "ATEN_CPU_CAPABILITY", "MKL_ENABLE_INSTRUCTIONS", "ONEDNN_MAX_CPU_ISA", "OPENBLAS_CORETYPE", "OMP_NUM_THREADS", "OMP_WAIT_POLICY"];

    /// <summary>The file's name without ending: the processor and how wide our vectors are on it.</summary>
    public static string FileName => Slug($"{Processor.OfThisMachine.Name} {Processor.OfThisMachine.VectorName.Replace("-", "")}");

    /// <summary>The processor and its vectors.</summary>
    public static string Title => $"{Processor.OfThisMachine.Name}, {Processor.OfThisMachine.VectorName}";

    /// <summary>"Intel(R) Xeon(R) CPU E5-2690 v4 @ 2.60GHz AVX2" is "intel-xeon-e5-2690-v4-avx2".</summary>
    public static string Slug(string name) => Separators().Replace(Noise().Replace(name, " "), "-").Trim('-').ToLowerInvariant();

    /// <summary>A table.</summary>
    /// <param name="command">What was run.</param>
    /// <param name="started">When.</param>
    /// <param name="load">How busy others kept the machine.</param>
    public static string Write(string command, DateTimeOffset started, OtherLoad load)
    {
        Processor processor = Processor.OfThisMachine;
        (string Name, string Value)[] rows =
        [
            ("command", $"`{command}`"),
            ("processor", processor.Name),
            ("cores", $"{processor.Cores}, {processor.Threads} threads"),
            ("vectors", $"{processor.VectorName}, {processor.VectorFloats} floats"),
            ("runtime", $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier}, {RuntimeInformation.OSDescription}"),
            ("BareBert", Version(typeof(MachineSheet).Assembly)),
            ("beside it", string.Join(", ", Libraries.Concat(Results.HasPeers ? Peers : []).Select(Found).OfType<string>().Append(OpenBlas.Installed ? "OpenBLAS" : null).OfType<string>())),
            ("date", string.Create(CultureInfo.InvariantCulture, $"{started:yyyy-MM-dd HH:mm} UTC, {(DateTimeOffset.UtcNow - started).TotalMinutes:F0} minutes")),
            ("load", load.ToString()),
            ("environment", string.Join(", ", Variables.Where(name => Environment.GetEnvironmentVariable(name) is not null).Select(name => $"{name}={Environment.GetEnvironmentVariable(name)}"))),
        ];
        return "| | |\n|---|---|\n" + string.Concat(rows.Where(row => row.Value.Length > 0).Select(row => $"| {row.Name} | {row.Value} |\n"));
    }

    private static string? Found(string library)
    {
        try
        {
            return $"{library} {Version(Assembly.Load(library))}";
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    // Hashes of commits are cut short.
    private static string Version(Assembly assembly) => Hash().Replace(
        assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? assembly.GetName().Version!.ToString(3), "$1");

    [GeneratedRegex("([0-9a-f]{8})[0-9a-f]{32}")]
    private static partial Regex Hash();

    [GeneratedRegex(@"\((?:R|TM)\)|\b(?:CPU|Processor|\d+-Core)\b|@.*?Hz", RegexOptions.IgnoreCase)]
    private static partial Regex Noise();

    [GeneratedRegex("[^A-Za-z0-9]+")]
    private static partial Regex Separators();
}
