using System.Text.Json.Nodes;
using BareBert.Kernels;

namespace BareBert.Cli;

/// <summary>What a device made of its self-test in one precision.</summary>
/// <param name="Device">As --device takes it.</param>
/// <param name="Precision">Of the operands of multiplies.</param>
/// <param name="Checks">Operations held against Reference; empty where the device broke down.</param>
/// <param name="Speed">null: not measured.</param>
/// <param name="Failure">What the device broke down with; null where it did not.</param>
internal sealed record SelfTest(string Device, Precision Precision, IReadOnlyList<DeviceCheck> Checks, DeviceSpeed? Speed, string? Failure)
{
    /// <summary>Whether everything was computed, and right.</summary>
    public bool Passed => Failure is null && Checks.Count > 0 && Checks.All(check => check.Passed);

    /// <summary>Tests a device.</summary>
    /// <param name="name">As --device takes it.</param>
    /// <param name="precision">Of the operands of multiplies.</param>
    /// <param name="open">Opens it.</param>
    /// <param name="measures">Whether to measure its speed too.</param>
    public static SelfTest Run(string name, Precision precision, Func<IKernels> open, bool measures)
    {
        try
        {
            using IKernels device = open();
            IReadOnlyList<DeviceCheck> checks = DeviceCheck.Run(device, precision);
            return new SelfTest(name, precision, checks, measures ? DeviceSpeed.Measure(device) : null, null);
        }
        catch (Exception e)
        {
            // Whatever a device breaks down with is a finding, and the other devices are to be looked at too.
            return new SelfTest(name, precision, [], null, e.Message.ReplaceLineEndings(" "));
        }
    }

    /// <summary>A row of a table: device, precision, verdict, largest error, speeds.</summary>
    public IReadOnlyList<string> ToRow() =>
    [
        Device, Precision.ToString().ToLowerInvariant(), Verdict(),
        Checks.Count > 0 ? $"{Checks.Max(check => check.Error):0.0e+0}" : "",
        Speed is null ? "" : $"{Speed.MultiplyFlops / 1e9:#,0.0##}", Speed is null ? "" : $"{Speed.MultiplySize}",
        Speed is null ? "" : $"{Speed.MemoryBytes / 1e9:#,0.0##}",
    ];

    public JsonObject ToJson()
    {
        var json = new JsonObject { ["precision"] = Precision.ToString().ToLowerInvariant(), ["passed"] = Passed };
        if (Failure is not null)
            json["failure"] = Failure;
        json["checks"] = new JsonArray([.. Checks.Select(check => (JsonNode)new JsonObject
        {
            ["operation"] = check.Name, ["passed"] = check.Passed, ["error"] = double.IsFinite(check.Error) ? check.Error : null, ["allowed"] = check.Allowed,
        })]);
        if (Speed is not null)
        {
            json["multiply_gflops"] = Math.Round(Speed.MultiplyFlops / 1e9, 4);
            json["multiply_size"] = Speed.MultiplySize;
            json["memory_gb_per_s"] = Math.Round(Speed.MemoryBytes / 1e9, 4);
        }
        return json;
    }

    private string Verdict() => Failure is not null ? $"FAILED: {Failure}"
        : Passed ? "ok" : "WRONG: " + string.Join(", ", Checks.Where(check => !check.Passed).Select(check => check.Name));
}
