using System.Diagnostics;
using System.Globalization;
using BareBert.Bert.Distributed.Liveness;
using Xunit;

namespace BareBert.Tests;

/// <summary>The program, started several times by an MPI launcher; killed with all that it started when it takes too long.</summary>
internal sealed record MpiRun(int Code, string Output, string Error)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    /// <summary>How long its processes may be silent before all end.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(5);

    /// <summary>The launchers that are installed: Open MPI's and MPICH's by their Debian names.</summary>
    public static IReadOnlyList<string> Launchers { get; } =
        [.. new[] { "mpirun.openmpi", "mpirun.mpich" }.Where(name => Directory.Exists("/usr/bin") && File.Exists(Path.Combine("/usr/bin", name)))];

    /// <summary>Skips the test where a launcher is not there.</summary>
    public static void Need(string launcher) =>
        Assert.SkipWhen(!Launchers.Contains(launcher), $"no {launcher}: apt-get install {(launcher.EndsWith("mpich", StringComparison.Ordinal) ? "mpich" : "openmpi-bin")}");

    /// <summary>The ids of the program's processes that have a path on their command line, by the number that the launcher gave them.</summary>
    public static Dictionary<int, int> Ranks(string path)
    {
        var ranks = new Dictionary<int, int>();
        foreach (string process in Directory.GetDirectories("/proc").Where(name => int.TryParse(Path.GetFileName(name), out _)))
        {
            try
            {
                if (File.ReadAllText(Path.Combine(process, "comm")).Trim() != "dotnet" || !File.ReadAllText(Path.Combine(process, "cmdline")).Split('\0').Contains(path))
                    continue;
                string? rank = File.ReadAllText(Path.Combine(process, "environ")).Split('\0').Select(line => line.Split('='))
                    .FirstOrDefault(line => line[0] is "OMPI_COMM_WORLD_RANK" or "PMI_RANK")?[1];
                if (rank is not null)
                    ranks[int.Parse(rank, CultureInfo.InvariantCulture)] = int.Parse(Path.GetFileName(process), CultureInfo.InvariantCulture);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // it has ended meanwhile
            }
        }
        return ranks;
    }

    /// <summary>Waits for something that has to come within a minute.</summary>
    public static void Await(Func<bool> happens)
    {
        long start = Stopwatch.GetTimestamp();
        while (!happens())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromMinutes(1), "what was awaited did not come");
            Thread.Sleep(50);
        }
    }

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
        string[] own = launcher == "mpirun.openmpi" ? ["--oversubscribe", "--bind-to", "none", "-q", "--mca", "btl", "self,vader"] : [];
        return Start([launcher, .. own, "-n", $"{processes}"], meanwhile, args);
    }

    /// <summary>Runs a command line of the program by a launcher's.</summary>
    /// <param name="launcher">The launcher's command line.</param>
    /// <param name="meanwhile">Looks at it, and may end it, while it runs.</param>
    /// <param name="args">The program's.</param>
    public static MpiRun Start(string[] launcher, Action<Process>? meanwhile, params string[] args)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "barebert.dll");
        var start = new ProcessStartInfo("setsid", ["-w", .. launcher, "dotnet", "exec", program, .. args])
        {
            RedirectStandardError = true, RedirectStandardOutput = true, RedirectStandardInput = true,
            Environment = { ["OMPI_ALLOW_RUN_AS_ROOT"] = "1", ["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1", [GuardedGroup.Variable] = $"{Silence.TotalSeconds}" },
        };
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        try
        {
            meanwhile?.Invoke(process);
            Assert.True(process.WaitForExit(Patience), $"{launcher[0]} did not end");
            return new MpiRun(process.ExitCode, output.Result, error.Result);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }
}
