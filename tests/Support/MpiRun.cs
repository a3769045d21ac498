using System.Diagnostics;
using Xunit;

namespace BareBert.Tests;

/// <summary>The program, started several times by an MPI launcher; killed with all that it started when it takes too long.</summary>
internal sealed record MpiRun(int Code, string Output, string Error)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    /// <summary>The launchers that are installed: Open MPI's and MPICH's by their Debian names.</summary>
    public static IReadOnlyList<string> Launchers { get; } =
        [.. new[] { "mpirun.openmpi", "mpirun.mpich" }.Where(name => Directory.Exists("/usr/bin") && File.Exists(Path.Combine("/usr/bin", name)))];

    /// <summary>Skips the test where a launcher is not there.</summary>
    public static void Need(string launcher) =>
        Assert.SkipWhen(!Launchers.Contains(launcher), $"no {launcher}: apt-get install {(launcher.EndsWith("mpich", StringComparison.Ordinal) ? "mpich" : "openmpi-bin")}");

    /// <summary>Runs a command line of the program in several processes.</summary>
    public static MpiRun Of(string launcher, int processes, params string[] args) => Of(launcher, processes, null, args);

    /// <summary>Runs a command line of the program in several processes.</summary>
    /// <param name="launcher">One of <see cref="Launchers"/>.</param>
    /// <param name="processes">How many.</param>
    /// <param name="meanwhile">Looks at it, and may end it, while it runs.</param>
    /// <param name="args">The command line.</param>
    public static MpiRun Of(string launcher, int processes, Action<Process>? meanwhile, params string[] args)
    {
        Need(launcher);
        string program = Path.Combine(AppContext.BaseDirectory, "barebert.dll");
        string[] own = launcher == "mpirun.openmpi" ? ["--oversubscribe", "--bind-to", "none", "-q"] : [];
        var start = new ProcessStartInfo("setsid", ["-w", launcher, .. own, "-n", $"{processes}", "dotnet", "exec", program, .. args])
        {
            RedirectStandardError = true, RedirectStandardOutput = true, RedirectStandardInput = true,
            Environment = { ["OMPI_ALLOW_RUN_AS_ROOT"] = "1", ["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1", ["OMPI_MCA_btl"] = "self,vader" },
        };
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        try
        {
            meanwhile?.Invoke(process);
            Assert.True(process.WaitForExit(Patience), $"{launcher} did not end");
            return new MpiRun(process.ExitCode, output.Result, error.Result);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }
}
