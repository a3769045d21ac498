using System.Diagnostics;
using Xunit;

namespace BareBert.Tests;

/// <summary>NVIDIA's assembler and disassembler, which a machine may have or not; <c>.ci/ptxas.sh</c> fetches them.</summary>
internal static class CudaTools
{
    /// <summary>A tool beside the ptxas that BAREBERT_PTXAS names, or on PATH; skips the test where there is none.</summary>
    public static string Find(string tool)
    {
        string? given = Path.GetDirectoryName(Environment.GetEnvironmentVariable("BAREBERT_PTXAS"));
        IEnumerable<string> folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Prepend(given ?? "");
        string? path = folders.Where(folder => folder.Length > 0).Select(folder => Path.Combine(folder, tool)).FirstOrDefault(File.Exists);
        Assert.SkipWhen(path is null, $"no {tool} on PATH or beside BAREBERT_PTXAS; .ci/ptxas.sh fetches one");
        return path!;
    }

    /// <summary>What the program prints, on both streams; it must succeed.</summary>
    public static string Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        using var patience = new Timer(_ => process.Kill(), null, TimeSpan.FromMinutes(5), Timeout.InfiniteTimeSpan);
        string output = process.StandardOutput.ReadToEnd() + errors.Result;
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, output.Length > 4000 ? output[..4000] : output);
        return output;
    }
}
