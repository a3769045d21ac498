using System.Globalization;

namespace BareBert.Bert.Evaluations;

/// <summary>Draws ROC curves with their areas, and the diagonal of chance.</summary>
internal static class RocSvg
{
    private const double Size = 400, Left = 54, Right = 14, Top = 10, Bottom = 44;
    private const int MostPoints = 300;

    /// <summary>The curves as one <c>figure</c>; one that is undefined stands in the legend only.</summary>
    public static string Render(IReadOnlyList<NamedRoc> curves, string title)
    {
        var page = new HtmlWriter();
        page.Open("figure", ("class", "square")).Element("figcaption", title);
        ChartParts.OpenSvg(page, Size, Size, "ROC curves", string.Join("; ", curves.Select(Caption)), widest: Size);
        var unit = Ticks.Linear(0, 1);
        ChartParts.Axes(page, unit, unit, new ChartArea(Left, Top, Size - Right, Size - Bottom), "false positive rate", "true positive rate");
        page.Empty("line", ("x1", X(0)), ("y1", Y(0)), ("x2", X(1)), ("y2", Y(1)), ("class", "reference"));
        for (int c = 0; c < curves.Count; c++)
            Curve(page, curves[c], ChartParts.Color(c));
        page.Close("svg");
        ChartParts.Legend(page, [.. curves.Select((c, i) => (Caption(c), (string?)ChartParts.Color(i))), ("chance (AUC 0.5)", null)]);
        page.Close("figure");
        return page.ToString();
    }

    private static void Curve(HtmlWriter page, NamedRoc roc, string color)
    {
        RocPoint[] points = Thin(roc.Curve.Points);
        if (points.Length == 0)
            return;
        string path = string.Join(' ', points.Select((p, i) => $"{(i == 0 ? 'M' : 'L')}{HtmlWriter.Number(X(p.FalsePositiveRate))} {HtmlWriter.Number(Y(p.TruePositiveRate))}"));
        page.Open("g").Element("title", Caption(roc));
        page.Empty("path", ("d", path), ("class", "curve"), ("style", $"stroke:{color}")).Close("g");
        foreach (var p in points)
        {
            page.Open("g", ("class", "point"));
            page.Element("title", string.Create(CultureInfo.InvariantCulture,
                $"{roc.Name}: score ≥ {Threshold(p)}, false positive rate {p.FalsePositiveRate:0.###}, true positive rate {p.TruePositiveRate:0.###}"));
            page.Empty("circle", ("cx", X(p.FalsePositiveRate)), ("cy", Y(p.TruePositiveRate)), ("r", 6.0), ("class", "hit"));
            page.Close("g");
        }
    }

    private static string Threshold(RocPoint p) => double.IsInfinity(p.Threshold) ? "∞" : p.Threshold.ToString("0.####", CultureInfo.InvariantCulture);

    private static string Caption(NamedRoc roc) => roc.Curve.Auc is double auc
        ? string.Create(CultureInfo.InvariantCulture, $"{roc.Name} (AUC {auc:0.000})")
        : $"{roc.Name} (AUC undefined: one class only)";

    private static RocPoint[] Thin(IReadOnlyList<RocPoint> points)
    {
        int step = (points.Count + MostPoints - 1) / MostPoints;
        return [.. points.Where((_, i) => i % Math.Max(1, step) == 0 || i == points.Count - 1)];
    }

    private static double X(double rate) => Left + rate * (Size - Left - Right);

    private static double Y(double rate) => Size - Bottom - rate * (Size - Top - Bottom);
}
