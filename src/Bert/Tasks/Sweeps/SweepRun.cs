namespace BareBert.Bert.Tasks;

/// <summary>One of a sweep's runs.</summary>
/// <param name="Name">Its folder's: "lr-1e-4_seed-2".</param>
/// <param name="Values">The options that vary, by their names in files, and what they are here.</param>
public sealed record SweepRun(string Name, IReadOnlyList<KeyValuePair<string, string>> Values);
