using System.Text.Json.Nodes;

namespace BareBert.Bert.Training;

/// <summary>What training in several processes cost each of them; process 0's figures.</summary>
/// <param name="Processes">How many.</param>
/// <param name="Transport">What carried their messages.</param>
/// <param name="BytesPerStep">Sent by one process.</param>
/// <param name="ExchangeSeconds">Spent on exchanging gradients, hidden behind backward or not.</param>
/// <param name="WaitSeconds">Of that, what was not hidden.</param>
/// <param name="MomentBytes">Of the optimizer, in one process.</param>
/// <param name="AllMomentBytes">Of the optimizer, of all parameters.</param>
internal sealed record ProcessCosts(
    int Processes, string Transport, double BytesPerStep, double ExchangeSeconds, double WaitSeconds, long MomentBytes, long AllMomentBytes)
{
    /// <summary>As lines for people.</summary>
    /// <param name="trainingSeconds">Of all steps.</param>
    public IEnumerable<ReportEntry> ToEntries(double trainingSeconds) =>
    [
        new("processes", $"{Processes} by {Transport}; {BytesPerStep / 1e6:#,0.0##} MB sent a step by each; {ExchangeSeconds:F2} s of exchanging gradients, "
            + $"of which {WaitSeconds:F2} s not hidden behind backward ({WaitSeconds / Math.Max(1e-9, trainingSeconds):P1} of training)"),
        new("moments", MomentBytes == AllMomentBytes ? $"{AllMomentBytes / 1e6:#,0.0##} MB in each process" : $"{MomentBytes / 1e6:#,0.0##} MB in each process, {AllMomentBytes / 1e6:#,0.0##} MB in all"),
    ];

    /// <summary>As they stand in summary.json.</summary>
    public JsonObject ToJson() => new()
    {
        ["count"] = Processes,
        ["transport"] = Transport,
        ["bytes_per_step"] = Math.Round(BytesPerStep),
        ["exchange_seconds"] = Math.Round(ExchangeSeconds, 3),
        ["wait_seconds"] = Math.Round(WaitSeconds, 3),
        ["moment_bytes"] = MomentBytes,
    };
}
