using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace BareBert.Tests;

/// <summary>The program, started several times with torchrun's variables; killed where that takes too long.</summary>
internal sealed record LaunchedProcesses(int[] Codes, string[] Outputs, string[] Errors)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    /// <summary>A port that nobody listens at.</summary>
    public static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    /// <summary>Runs a command line of the program in several processes.</summary>
    /// <param name="size">What they are told of their number.</param>
    /// <param name="ranks">Those that are started.</param>
    /// <param name="variables">Others for a process's environment.</param>
    /// <param name="args">The command line.</param>
    public static LaunchedProcesses Of(int size, int[] ranks, Dictionary<string, string>? variables, params string[] args) =>
        Of(size, ranks, _ => Program, variables ?? [], args);

    /// <summary>Runs a command line of several programs.</summary>
    /// <param name="programs">Process after process.</param>
    /// <param name="args">The command line.</param>
    public static LaunchedProcesses Of(string[] programs, params string[] args) => Of(programs.Length, [.. Enumerable.Range(0, programs.Length)], rank => programs[rank], [], args);

    /// <summary>The program that was built with the tests.</summary>
    public static string Program => Path.Combine(AppContext.BaseDirectory, "barebert.dll");

    private static LaunchedProcesses Of(int size, int[] ranks, Func<int, string> program, Dictionary<string, string> variables, string[] args)
    {
        string port = FreePort().ToString(CultureInfo.InvariantCulture);
        Process[] processes = [.. ranks.Select(rank => Start(rank, size, port, program(rank), variables, args))];
        try
        {
            Task<string>[] outputs = [.. processes.Select(process => process.StandardOutput.ReadToEndAsync())], errors = [.. processes.Select(process => process.StandardError.ReadToEndAsync())];
            long start = Stopwatch.GetTimestamp();
            foreach (Process process in processes)
                Assert.True(process.WaitForExit((int)Math.Max(0, (Patience - Stopwatch.GetElapsedTime(start)).TotalMilliseconds)), "the processes did not end");
            return new LaunchedProcesses([.. processes.Select(process => process.ExitCode)], [.. outputs.Select(output => output.Result)], [.. errors.Select(error => error.Result)]);
        }
        finally
        {
            foreach (Process process in processes)
            {
                if (!process.HasExited)
                    process.Kill(entireProcessTree: true);
                process.Dispose();
            }
        }
    }

    private static Process Start(int rank, int size, string port, string program, Dictionary<string, string> variables, string[] args)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", program, .. args])
        {
            RedirectStandardError = true, RedirectStandardOutput = true, RedirectStandardInput = true,
            Environment = { ["RANK"] = $"{rank}", ["WORLD_SIZE"] = $"{size}", ["LOCAL_RANK"] = $"{rank}", ["MASTER_ADDR"] = "localhost", ["MASTER_PORT"] = port, ["BAREBERT_JOIN_SECONDS"] = "30" },
        };
        foreach ((string name, string value) in variables)
            start.Environment[name] = value;
        Process process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }
}
