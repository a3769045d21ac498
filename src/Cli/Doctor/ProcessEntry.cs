using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace BareBert.Cli;

/// <summary>An MPI library that processes can be started with, and what came of trying it.</summary>
/// <param name="Version">As it calls itself.</param>
/// <param name="Path">The library.</param>
/// <param name="Found">What the trial gave, or why there was none.</param>
/// <param name="Passed">Whether it was tried and works.</param>
internal sealed partial record ProcessEntry(string Version, string Path, string Found, bool Passed)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>All of this machine's.</summary>
    /// <param name="tries">Whether to start two processes with each.</param>
    public static IReadOnlyList<ProcessEntry> Survey(bool tries) => [.. ProcessCheck.Libraries().Select(library => Of(library.Version, library.Path, tries))];

    public override string ToString() => $"{Version} ({Path}): {Found}";

    public JsonObject ToJson() => new() { ["version"] = Version, ["library"] = Path, ["found"] = Found, ["passed"] = Passed };

    private static ProcessEntry Of(string version, string path, bool tries)
    {
        bool isOpenMpi = version.StartsWith("Open MPI", StringComparison.Ordinal);
        string[] names = isOpenMpi ? ["mpirun.openmpi", "mpirun"] : ["mpirun.mpich", "mpiexec.hydra", "mpirun"];
        if (names.Select(InPath).FirstOrDefault(found => found is not null) is not { } launcher)
            return new ProcessEntry(version, path, $"not tried: no launcher; apt-get install {(isOpenMpi ? "openmpi-bin" : "mpich")}", false);
        return tries ? Try(version, path, launcher, isOpenMpi ? ["--oversubscribe"] : []) : new ProcessEntry(version, path, $"not tried; its launcher is {launcher}", false);
    }

    // This program, twice: the launcher's words are the findings.
    private static ProcessEntry Try(string version, string path, string launcher, string[] options)
    {
        string program = System.IO.Path.Combine(AppContext.BaseDirectory, "barebert.dll"), host = Environment.ProcessPath ?? "dotnet";
        string[] command = !File.Exists(program) || System.IO.Path.GetFileNameWithoutExtension(host) == "barebert" ? [host]
            : [System.IO.Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet", "exec", program];
        var start = new ProcessStartInfo(launcher, [.. options, "-n", "2", .. command, "doctor"]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using Process process = Process.Start(start)!;
            process.StandardInput.Close();
            Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(Patience))
            {
                process.Kill(entireProcessTree: true);
                return new ProcessEntry(version, path, $"FAILED: {launcher} -n 2 did not end within {Patience.TotalSeconds:F0} s", false);
            }
            string said = FirstLine(output.Result) ?? FirstLine(error.Result) ?? "it said nothing";
            return process.ExitCode == 0 ? new ProcessEntry(version, path, said, true)
                : new ProcessEntry(version, path, $"FAILED: {launcher} -n 2: {FirstLine(error.Result) ?? said}", false);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return new ProcessEntry(version, path, $"FAILED: {launcher}: {e.Message}", false);
        }
    }

    // Open MPI gives its processes a terminal, and .NET greets that with control sequences.
    [GeneratedRegex(@"\x1b(\[[?0-9;]*[A-Za-z]|=|>)")]
    private static partial Regex Controls();

    private static string? FirstLine(string text) =>
        Controls().Replace(text, "").Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).FirstOrDefault(line => line.Any(char.IsLetter));

    private static string? InPath(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(System.IO.Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Select(folder => System.IO.Path.Combine(folder, name)).FirstOrDefault(File.Exists);
}
