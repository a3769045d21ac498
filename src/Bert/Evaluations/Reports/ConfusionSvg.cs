using System.Globalization;

namespace BareBert.Bert.Evaluations;

/// <summary>Draws a confusion matrix: the deeper a cell's colour, the larger its share of the true class.</summary>
internal static class ConfusionSvg
{
    private const double Label = 104, Widest = 420;
    private const int MostWithNumbers = 10, LongestName = 14;

    /// <summary>The matrix as one <c>figure</c>.</summary>
    public static string Render(ConfusionMatrix matrix, IReadOnlyList<string> names)
    {
        int n = matrix.Classes;
        double cell = Math.Min(96, (Widest - Label) / n), width = Label + n * cell + 2, height = Label * 0.55 + n * cell + 22;
        var page = new HtmlWriter();
        page.Open("figure", ("class", "square")).Element("figcaption", "Confusion matrix");
        ChartParts.OpenSvg(page, width, height, "Confusion matrix", string.Create(CultureInfo.InvariantCulture, $"{n} classes, {matrix.Total} examples, accuracy {matrix.Accuracy:0.000}"), widest: width);
        page.Element("text", "predicted", ("x", Label + n * cell / 2), ("y", 12.0), ("class", "label"), ("text-anchor", "middle"));
        double top = Label * 0.55;
        page.Element("text", "true", ("x", 12.0), ("y", top + n * cell / 2), ("class", "label"), ("text-anchor", "middle"), ("transform", $"rotate(-90 12 {HtmlWriter.Number(top + n * cell / 2)})"));
        for (int c = 0; c < n; c++)
        {
            ColumnName(page, names[c], Label + (c + 0.5) * cell, top - 8, cell);
            Name(page, names[c], Label - 8, top + (c + 0.5) * cell + 4, "end", LongestName);
            for (int p = 0; p < n; p++)
                Cell(page, matrix, names, c, p, Label + p * cell, top + c * cell, cell);
        }
        page.Close("svg").Close("figure");
        return page.ToString();
    }

    private static void Cell(HtmlWriter page, ConfusionMatrix m, IReadOnlyList<string> names, int label, int prediction, double x, double y, double size)
    {
        double share = m.Support(label) == 0 ? 0 : (double)m[label, prediction] / m.Support(label);
        page.Open("g").Element("title", string.Create(CultureInfo.InvariantCulture,
            $"{names[label]} taken for {names[prediction]}: {m[label, prediction]:N0} ({100 * share:0.0} % of {m.Support(label):N0})"));
        page.Empty("rect", ("x", x + 1), ("y", y + 1), ("width", size - 2), ("height", size - 2), ("rx", 3.0), ("class", "cell-back"));
        page.Empty("rect", ("x", x + 1), ("y", y + 1), ("width", size - 2), ("height", size - 2), ("rx", 3.0), ("class", "cell"),
            ("fill-opacity", (0.04 + 0.96 * share).ToString("0.###", CultureInfo.InvariantCulture)));
        if (m.Classes <= MostWithNumbers)
        {
            string ink = share > 0.65 ? "on-cell" : "in-cell";
            page.Element("text", m[label, prediction].ToString("N0", CultureInfo.InvariantCulture), ("x", x + size / 2), ("y", y + size / 2 + (size > 44 ? 0 : 4)), ("class", ink), ("text-anchor", "middle"));
            if (size > 44)
                page.Element("text", string.Create(CultureInfo.InvariantCulture, $"{100 * share:0} %"), ("x", x + size / 2), ("y", y + size / 2 + 16), ("class", ink + " small"), ("text-anchor", "middle"));
        }
        page.Close("g");
    }

    /// <summary>A name above its column, in two lines where one would run into its neighbour.</summary>
    private static void ColumnName(HtmlWriter page, string name, double x, double y, double cell)
    {
        int longest = (int)Math.Max(2, cell / 7);
        int gap = name.Length <= longest ? -1 : Enumerable.Range(0, name.Length).Where(i => name[i] == ' ').DefaultIfEmpty(-1).MinBy(i => Math.Abs(i - name.Length / 2));
        if (gap > 0)
            Name(page, name[..gap], x, y - 14, "middle", longest);
        Name(page, name[(gap + 1)..], x, y, "middle", longest);
    }

    private static void Name(HtmlWriter page, string name, double x, double y, string anchor, int longest)
    {
        page.Open("text", ("x", x), ("y", y), ("class", "tick"), ("text-anchor", anchor));
        if (name.Length > longest)
            page.Element("title", name);
        page.Text(name.Length > longest ? name[..(longest - 1)].TrimEnd() + "…" : name).Close("text");
    }
}
