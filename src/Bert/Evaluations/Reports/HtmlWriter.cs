using System.Globalization;
using System.Net;
using System.Text;

namespace BareBert.Bert.Evaluations;

/// <summary>Builds HTML and SVG; everything that comes from outside goes in through <see cref="Text"/> or an attribute and is escaped.</summary>
internal sealed class HtmlWriter
{
    private readonly StringBuilder _text = new();

    /// <summary>Opens an element: <c>Open("td", ("class", "n"))</c>. An attribute with value null is left out.</summary>
    public HtmlWriter Open(string name, params (string Name, object? Value)[] attributes)
    {
        Start(name, attributes);
        _text.Append('>');
        return this;
    }

    /// <summary>Closes an element and ends the line.</summary>
    public HtmlWriter Close(string name)
    {
        _text.Append("</").Append(name).Append(">\n");
        return this;
    }

    /// <summary>An element without content.</summary>
    public HtmlWriter Empty(string name, params (string Name, object? Value)[] attributes)
    {
        Start(name, attributes);
        _text.Append("/>\n");
        return this;
    }

    /// <summary>An element that holds text.</summary>
    public HtmlWriter Element(string name, string text, params (string Name, object? Value)[] attributes) => Open(name, attributes).Text(text).Close(name);

    /// <summary>Text, escaped.</summary>
    public HtmlWriter Text(string text)
    {
        _text.Append(Escape(text));
        return this;
    }

    /// <summary>HtmlWriter of our own, as it is.</summary>
    public HtmlWriter Raw(string markup)
    {
        _text.Append(markup);
        return this;
    }

    public override string ToString() => _text.ToString();

    /// <summary>A coordinate: at most two decimals, always with a point.</summary>
    public static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    private void Start(string name, (string Name, object? Value)[] attributes)
    {
        _text.Append('<').Append(name);
        foreach (var (key, value) in attributes)
        {
            if (value is not null)
                _text.Append(' ').Append(key).Append("=\"").Append(Escape(value is double d ? Number(d) : value.ToString()!)).Append('"');
        }
    }

    // Control characters and the two non-characters may not stand in a page, escaped or not.
    private static string Escape(string text) => WebUtility.HtmlEncode(string.Concat(text.Select(c => MayStand(c) ? c : '\uFFFD')));

    private static bool MayStand(char c) => c is '\n' or '\r' or '\t' || !(char.IsControl(c) || c is '\uFFFE' or '\uFFFF');
}

/// <summary>The rectangle between a chart's axes, in the SVG's own units.</summary>
internal readonly record struct ChartArea(double Left, double Top, double Right, double Bottom);

/// <summary>What all charts share: frame, axes, legend, colours.</summary>
internal static class ChartParts
{
    /// <summary>As many series can be told apart.</summary>
    public const int Colors = 8;

    /// <summary>The colour of the n-th series, defined once for light and once for dark in the style sheet.</summary>
    public static string Color(int series) => $"var(--series-{series % Colors + 1})";

    /// <summary>Room for the label of the vertical axis and the longest of its ticks.</summary>
    public static double LeftMargin(Ticks y) => 32 + 7 * y.Values.Max(v => Ticks.Label(v).Length);

    /// <summary>An SVG that scales with its column, up to <paramref name="widest"/> pixels, and says in words what it shows.</summary>
    public static void OpenSvg(HtmlWriter page, double width, double height, string title, string description, double? widest = null)
    {
        page.Open("svg", ("style", widest is double w ? $"max-width:{HtmlWriter.Number(w)}px" : null), ("viewBox", $"0 0 {HtmlWriter.Number(width)} {HtmlWriter.Number(height)}"), ("role", "img"), ("aria-label", $"{title}. {description}"));
    }

    /// <summary>Grid, ticks and labels.</summary>
    public static void Axes(HtmlWriter page, Ticks x, Ticks y, ChartArea area, string xLabel, string yLabel)
    {
        foreach (double tick in y.Values)
        {
            double at = area.Bottom - y.Place(tick) * (area.Bottom - area.Top);
            page.Empty("line", ("x1", area.Left), ("x2", area.Right), ("y1", at), ("y2", at), ("class", "grid"));
            page.Element("text", Ticks.Label(tick), ("x", area.Left - 6), ("y", at + 4), ("class", "tick"), ("text-anchor", "end"));
        }
        foreach (double tick in x.Values)
        {
            double at = area.Left + x.Place(tick) * (area.Right - area.Left);
            page.Empty("line", ("x1", at), ("x2", at), ("y1", area.Bottom), ("y2", area.Bottom + 4), ("class", "axis"));
            page.Element("text", Ticks.Label(tick), ("x", at), ("y", area.Bottom + 17), ("class", "tick"), ("text-anchor", "middle"));
        }
        page.Empty("line", ("x1", area.Left), ("x2", area.Right), ("y1", area.Bottom), ("y2", area.Bottom), ("class", "axis"));
        double middle = (area.Top + area.Bottom) / 2;
        page.Element("text", xLabel, ("x", (area.Left + area.Right) / 2), ("y", area.Bottom + 36), ("class", "label"), ("text-anchor", "middle"));
        page.Element("text", yLabel, ("x", 12.0), ("y", middle), ("class", "label"), ("text-anchor", "middle"), ("transform", $"rotate(-90 12 {HtmlWriter.Number(middle)})"));
    }

    /// <summary>Names beside a stroke of their colour; without a colour, the dashes of a reference line.</summary>
    public static void Legend(HtmlWriter page, IEnumerable<(string Name, string? Color)> entries)
    {
        page.Open("ul", ("class", "legend"));
        foreach (var (name, color) in entries)
        {
            page.Open("li").Open("span", ("class", color is null ? "key dashed" : "key"), ("style", color is null ? null : $"border-color:{color}")).Close("span");
            page.Text(name).Close("li");
        }
        page.Close("ul");
    }
}

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
        if (low == 0 && high == 0)
            high = 1;
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
