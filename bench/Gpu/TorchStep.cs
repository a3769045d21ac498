using System.Diagnostics;
using System.Text.Json;
using BareBert.Kernels;

namespace BareBert.Bench;

/// <summary>A PyTorch script that times the same step; it prints one line of JSON with <c>tokens_per_s</c>.</summary>
internal sealed class TorchStep : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private readonly string _python, _script, _device;
    private readonly List<string> _failures = [];

    private TorchStep(string python, string script, string device) => (_python, _script, _device) = (python, script, device);

    /// <summary>Runs that brought no figure, and why.</summary>
    public IReadOnlyList<string> Failures => _failures;

    /// <summary>The script, where it and PyTorch are there; else null with the reason.</summary>
    public static TorchStep? TryOpen(GpuOptions options, out string reason)
    {
        reason = "PyTorch is left out: no --torch SCRIPT.py was given";
        if (options.Torch is not string script)
            return null;
        reason = $"PyTorch is left out: {script} is missing";
        if (!File.Exists(script))
            return null;
        (int code, string output) = Execute(options.Python, ["-c", "import torch; print(torch.__version__)"]);
        reason = $"PyTorch is left out: {options.Python} has no torch: {LastLine(output)}";
        return code == 0 ? new TorchStep(options.Python, script, options.Device.StartsWith("cuda", StringComparison.Ordinal) ? options.Device : "cpu") : null;
    }

    /// <summary>Times a step; null where that failed.</summary>
    public double? TokensPerSecond(StepOptions step, Precision precision, bool compiled)
    {
        string dtype = precision.ToString().ToLowerInvariant();
        (int code, string output) = Execute(_python,
        [
            _script, "--size", step.Model, "--batch", $"{step.Batch}", "--seq", $"{step.Sequence}", "--steps", $"{step.Steps}", "--device", _device, "--dtype", dtype,
            .. compiled ? (string[])["--compile"] : [],
        ]);
        if (code == 0 && Rate(output) is double rate)
            return rate;
        _failures.Add($"PyTorch, {step.Model} {step.Batch} × {step.Sequence} {dtype}{(compiled ? " compiled" : "")}: {LastLine(output)}");
        return null;
    }

    /// <summary>The figure in the last line of JSON; null where there is none.</summary>
    internal static double? Rate(string output)
    {
        string? line = output.Split('\n').LastOrDefault(line => line.StartsWith('{'));
        try
        {
            return line is not null && JsonDocument.Parse(line).RootElement.TryGetProperty("tokens_per_s", out JsonElement rate) && rate.TryGetDouble(out double value)
                ? value : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public void Dispose() => _failures.Clear();

    private static string LastLine(string output) => output.TrimEnd().Split('\n')[^1].Trim();

    private static (int Code, string Output) Execute(string program, string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(Patience))
            {
                process.Kill(entireProcessTree: true);
                return (-1, $"took more than {Patience.TotalMinutes} minutes");
            }
            return (process.ExitCode, process.ExitCode == 0 ? output.Result : error.Result);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return (-1, $"{program}: {e.Message}");
        }
    }
}
