using System.Globalization;

namespace BareBert.Bert.Evaluations;

/// <summary>A scale of a chart: the range it shows and where its ticks stand.</summary>
internal sealed record Ticks(double Low, double High, IReadOnlyList<double> Values, bool Log)
{
    /// <summary>Where a value lies between the ends, 0 to 1.</summary>
    public double Place(double value) => Log
        ? Math.Log(value / Low) / Math.Log(High / Low)
        : (value - Low) / (High - Low);

    /// <summary>Ticks at 1, 2 or 5 times a power of ten, wide enough for all values.</summary>
    /// <param name="low">The least value shown; finite.</param>
    /// <param name="high">The greatest.</param>
    /// <param name="about">How many ticks would be good.</param>
    /// <param name="whole">Whether ticks between whole numbers make no sense (epochs, steps).</param>
    public static Ticks Linear(double low, double high, int about = 5, bool whole = false)
    {
        if (!(high > low))
            (low, high) = (low - Math.Max(1e-9, Math.Abs(low) * 0.1), high + Math.Max(1e-9, Math.Abs(high) * 0.1));
        double step = NiceStep((high - low) / about);
        if (whole)
            step = Math.Max(1, Math.Round(step));
        double first = Math.Floor(low / step + 1e-9), last = Math.Ceiling(high / step - 1e-9);
        double[] values = [.. Enumerable.Range(0, (int)(last - first) + 1).Select(i => (first + i) * step)];
        return new Ticks(values[0], values[^1], values, Log: false);
    }

    /// <summary>A scale that ends where the values end, with ticks at round numbers between.</summary>
    /// <param name="low">The least value; finite.</param>
    /// <param name="high">The greatest.</param>
    /// <param name="about">How many ticks would be good.</param>
    /// <param name="whole">Whether ticks between whole numbers make no sense (epochs, steps).</param>
    public static Ticks Tight(double low, double high, int about, bool whole)
    {
        var wide = Linear(low, high, about, whole);
        return high > low ? new Ticks(low, high, [.. wide.Values.Where(v => v >= low && v <= high)], Log: false) : wide with { Values = [low] };
    }

    /// <summary>Ticks at 1, 2 and 5 times powers of ten; where these are many, at powers alone.</summary>
    /// <param name="low">The least value shown; above zero.</param>
    /// <param name="high">The greatest.</param>
    public static Ticks Logarithmic(double low, double high)
    {
        if (!(high > low * 1.01))
            (low, high) = (low / 2, high * 2);
        int from = (int)Math.Floor(Math.Log10(low)) - 1, decades = (int)Math.Ceiling(Math.Log10(high)) - from + 1;
        double[] powers = [.. Enumerable.Range(from, decades + 1).Select(e => Math.Pow(10, e))];
        double[] all = [.. powers.SelectMany(p => new[] { p, 2 * p, 5 * p })];
        double[] shown = Within(all).Length <= 8 ? Within(all) : Within(powers);
        return new Ticks(shown[0], shown[^1], shown, Log: true);

        // From the last tick at or below the values to the first at or above.
        double[] Within(double[] ticks) => ticks[Array.FindLastIndex(ticks, t => t <= low * (1 + 1e-9))..(Array.FindIndex(ticks, t => t >= high * (1 - 1e-9)) + 1)];
    }

    /// <summary>A number as short as it can be said: 0.25, 12,500, 3e-05.</summary>
    public static string Label(double value)
    {
        double magnitude = Math.Abs(value);
        string format = magnitude is 0 or >= 1000 and < 1e7 ? "#,0" : magnitude is >= 1e-3 and < 1e7 ? "0.######" : "0.##e+00";
        return value.ToString(format, CultureInfo.InvariantCulture);
    }

    private static double NiceStep(double rough)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        double lead = rough / power;
        return power * (lead <= 1.000001 ? 1 : lead <= 2.000001 ? 2 : lead <= 5.000001 ? 5 : 10);
    }
}
