using System.Globalization;

namespace BareBert.Bert.Evaluations;

/// <summary>Renders a <see cref="Report"/> as one HTML file that needs nothing else: no network, no script, no other file.</summary>
internal static class HtmlReport
{
    /// <summary>Writes the page; a crash leaves the old one or the new one.</summary>
    /// <exception cref="RunException">The file cannot be written.</exception>
    public static void Write(string path, Report report) => AtomicFile.WriteText(path, Render(report));

    /// <summary>The page.</summary>
    public static string Render(Report report)
    {
        var page = new HtmlWriter();
        page.Raw("<!DOCTYPE html>\n").Open("html", ("lang", "en")).Open("head");
        page.Raw("<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        page.Element("title", report.Title).Open("style").Raw(ReportStyle.Css).Close("style").Close("head");
        page.Open("body").Open("main").Open("header").Element("h1", report.Title);
        if (report.Subtitle.Length > 0)
            page.Element("p", report.Subtitle, ("class", "subtitle"));
        page.Close("header");
        Headline(page, report);
        Charts(page, report);
        Quality(page, report);
        foreach (var table in report.Tables)
            Table(page, table);
        Examples(page, report.Examples);
        page.Open("div", ("class", "columns"));
        Pairs(page, "Parameters", report.Parameters);
        Pairs(page, "Time and memory", report.Timings);
        page.Close("div");
        Pairs(page, "Options", report.Options);
        page.Element("footer", "Written by BareBert. This page is one file and loads nothing.");
        page.Close("main").Close("body").Close("html");
        return page.ToString();
    }

    private static void Headline(HtmlWriter page, Report report)
    {
        if (report.Headline.Count > 0)
        {
            page.Open("dl", ("class", "tiles"));
            foreach (var (name, value) in report.Headline)
                page.Open("div", ("class", "tile")).Element("dt", name).Element("dd", value).Close("div");
            page.Close("dl");
        }
        if (report.Notices.Count > 0)
        {
            page.Open("ul", ("class", "notices"));
            foreach (string notice in report.Notices)
                page.Element("li", notice);
            page.Close("ul");
        }
    }

    private static void Charts(HtmlWriter page, Report report)
    {
        if (report.Charts.Count == 0)
            return;
        page.Open("section").Element("h2", "Training").Open("div", ("class", "charts"));
        foreach (var chart in report.Charts)
            page.Raw(LineChartSvg.Render(chart));
        page.Close("div").Close("section");
    }

    private static void Quality(HtmlWriter page, Report report)
    {
        if (report.Confusion is null && report.Roc.Count == 0)
            return;
        page.Open("section").Element("h2", "Predictions").Open("div", ("class", "charts"));
        if (report.Confusion is { } matrix)
            page.Raw(ConfusionSvg.Render(matrix, NamesFor(matrix, report.LabelNames)));
        if (report.Roc.Count > 0)
            page.Raw(RocSvg.Render(report.Roc, report.RocTitle));
        page.Close("div").Close("section");
    }

    private static IReadOnlyList<string> NamesFor(ConfusionMatrix matrix, IReadOnlyList<string> names) => names.Count == matrix.Classes
        ? names
        : [.. Enumerable.Range(0, matrix.Classes).Select(c => c.ToString(CultureInfo.InvariantCulture))];

    private static void Table(HtmlWriter page, ReportTable table)
    {
        bool[] number = [.. table.Columns.Select((_, c) => table.Rows.Count > 0 && table.Rows.All(r => LooksNumeric(r[c])))];
        string? Class(int column) => number[column] ? "number" : null;
        page.Open("section").Element("h2", table.Title).Open("div", ("class", "table"), ("tabindex", "0")).Open("table");
        page.Open("thead").Open("tr");
        for (int c = 0; c < table.Columns.Count; c++)
        {
            // A corner is no heading: a screen reader would read an empty one.
            if (table.Columns[c].Length == 0)
                page.Element("td", "");
            else
                page.Element("th", table.Columns[c], ("scope", "col"), ("class", Class(c)));
        }
        page.Close("tr").Close("thead").Open("tbody");
        foreach (var row in table.Rows)
        {
            page.Open("tr");
            for (int c = 0; c < table.Columns.Count; c++)
                page.Element("td", row[c], ("class", Class(c)));
            page.Close("tr");
        }
        page.Close("tbody").Close("table").Close("div");
        if (table.Caption is not null)
            page.Element("p", table.Caption, ("class", "note"));
        page.Close("section");
    }

    /// <summary>A number, perhaps with a sign, a unit or a spread: "0.87", "12,500", "88.6 %", "0.87 ± 0.01", "–".</summary>
    private static bool LooksNumeric(string cell) =>
        cell is "" or "–" or "-" || char.IsAsciiDigit(cell[0]) || (cell.Length > 1 && cell[0] is '-' or '+' or '−' && char.IsAsciiDigit(cell[1]));

    private static void Examples(HtmlWriter page, IReadOnlyList<ExampleChange> examples)
    {
        if (examples.Count == 0)
            return;
        page.Open("section").Element("h2", "Before and after").Open("div", ("class", "table"), ("tabindex", "0")).Open("table").Open("thead").Open("tr");
        foreach (string column in new[] { "Text", "Before training", "After training" })
            page.Element("th", column, ("scope", "col"), ("class", "said"));
        page.Close("tr").Close("thead").Open("tbody");
        foreach (var example in examples)
        {
            page.Open("tr", ("class", example.Changed ? "changed" : null)).Element("td", example.Text, ("class", "text"));
            page.Element("td", example.Before, ("class", "said")).Element("td", example.After, ("class", "said")).Close("tr");
        }
        page.Close("tbody").Close("table").Close("div").Close("section");
    }

    private static void Pairs(HtmlWriter page, string title, IReadOnlyList<ReportEntry> entries)
    {
        if (entries.Count == 0)
            return;
        page.Open("section").Element("h2", title).Open("div", ("class", "table"), ("tabindex", "0")).Open("table", ("class", "pairs")).Open("tbody");
        foreach (var (name, value) in entries)
            page.Open("tr").Element("th", name, ("scope", "row")).Element("td", value).Close("tr");
        page.Close("tbody").Close("table").Close("div").Close("section");
    }
}
