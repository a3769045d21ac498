using System.Text.Json;

namespace BareBert.Tests;

/// <summary>Values recorded by the scripts in golden/metrics.</summary>
internal static class MetricGolden
{
    public static string Path(string name) => System.IO.Path.Combine(AppContext.BaseDirectory, "golden", "metrics", name);

    public static JsonElement Json(string name)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path(name)));
        return document.RootElement.Clone();
    }

    public static int[] Ints(this JsonElement e, string name) => [.. e.GetProperty(name).EnumerateArray().Select(v => v.GetInt32())];

    public static double[] Doubles(this JsonElement e, string name) => [.. e.GetProperty(name).EnumerateArray().Select(v => v.GetDouble())];

    public static double Number(this JsonElement e, string name) => e.GetProperty(name).GetDouble();

    public static string[] Strings(this JsonElement e) => [.. e.EnumerateArray().Select(v => v.GetString()!)];

    /// <summary>Fails on NaN too.</summary>
    public static void Close(double expected, double actual, double tolerance = 1e-12) =>
        Xunit.Assert.True(Math.Abs(expected - actual) <= tolerance, $"expected {expected:R}, got {actual:R}");

    public static void Close(double[] expected, IEnumerable<double> actual, double tolerance = 1e-12)
    {
        double[] got = [.. actual];
        Xunit.Assert.Equal(expected.Length, got.Length);
        for (int i = 0; i < got.Length; i++) Close(expected[i], got[i], tolerance);
    }
}
