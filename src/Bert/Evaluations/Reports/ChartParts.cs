namespace BareBert.Bert.Evaluations;

/// <summary>The rectangle between a chart's axes, in the SVG's own units.</summary>
internal readonly record struct ChartArea(double Left, double Top, double Right, double Bottom);

/// <summary>What all charts share: frame, axes, legend, colours.</summary>
internal static class ChartParts
{
    private const int Colors = 8;

    /// <summary>The colour of the n-th series, defined once for light and once for dark in the style sheet.</summary>
    public static string Color(int series) => $"var(--series-{series % Colors + 1})";

    /// <summary>Room for the label of the vertical axis and the longest of its ticks.</summary>
    public static double LeftMargin(Ticks y) => 32 + 7 * y.Values.Max(v => Ticks.Label(v).Length);

    /// <summary>An SVG that scales with its column, up to <paramref name="widest"/> pixels, and says in words what it shows.</summary>
    public static void OpenSvg(Markup page, double width, double height, string title, string description, double? widest = null)
    {
        page.Open("svg", ("style", widest is double w ? $"max-width:{Markup.Number(w)}px" : null), ("viewBox", $"0 0 {Markup.Number(width)} {Markup.Number(height)}"), ("role", "img"), ("aria-label", $"{title}. {description}"));
    }

    /// <summary>Grid, ticks and labels.</summary>
    public static void Axes(Markup page, Ticks x, Ticks y, ChartArea area, string xLabel, string yLabel)
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
        page.Element("text", yLabel, ("x", 12.0), ("y", middle), ("class", "label"), ("text-anchor", "middle"), ("transform", $"rotate(-90 12 {Markup.Number(middle)})"));
    }

    /// <summary>Names beside a stroke of their colour; without a colour, the dashes of a reference line.</summary>
    public static void Legend(Markup page, IEnumerable<(string Name, string? Color)> entries)
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
