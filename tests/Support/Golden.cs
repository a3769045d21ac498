namespace BareBert.Tests;

/// <summary>Recorded values, copied beside the test binary; the script that recorded them stands in the same folder.</summary>
public static class Golden
{
    /// <summary>The path of a file or folder in tests/golden.</summary>
    public static string Find(params string[] parts) => Path.Combine([AppContext.BaseDirectory, "golden", .. parts]);
}
