using Spectre.Console;

namespace BareBert.Cli.Display;

/// <summary>Consoles for tables: colours on a terminal only, and as wide as the table where lines may be long.</summary>
internal static class Plain
{
    // Wider than any table: a file or a pipe has no edge.
    private const int NoEdge = 200;

    /// <summary>A console on stdout, or on stderr.</summary>
    public static IAnsiConsole Console(bool onError = false)
    {
        bool redirected = onError ? System.Console.IsErrorRedirected : System.Console.IsOutputRedirected;
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(onError ? System.Console.Error : System.Console.Out),
            Ansi = redirected ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = redirected ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            Interactive = redirected ? InteractionSupport.No : InteractionSupport.Detect,
        });
        if (redirected)
            console.Profile.Width = NoEdge;
        return console;
    }

    /// <summary>A table with its title and caption; where it is wider than the terminal, without its last columns.</summary>
    public static void Write(IAnsiConsole console, ReportTable table)
    {
        int width = console.Profile.Width, shown = Fitting(table, width);
        WriteText(console, table.Title);
        var grid = new Table().Border(TableBorder.Simple);
        for (int c = 0; c < shown; c++)
        {
            var column = new TableColumn(Markup.Escape(Wrapped(table.Columns[c])));
            grid.AddColumn(IsText(table, c) ? column : column.RightAligned());
        }
        foreach (IReadOnlyList<string> row in table.Rows)
            grid.AddRow([.. row.Take(shown).Select(Markup.Escape)]);
        console.Write(grid);
        if (shown < table.Columns.Count)
            WriteText(console, $"(too narrow here for {string.Join(", ", table.Columns.Skip(shown))})");
        if (table.Caption is not null)
            WriteText(console, table.Caption);
    }

    /// <summary>A sentence, broken between words where it is wider than the terminal.</summary>
    /// <param name="console">Where to.</param>
    /// <param name="sentence">The sentence.</param>
    /// <param name="indent">Spaces before all its rows but the first.</param>
    public static void WriteText(IAnsiConsole console, string sentence, int indent = 0)
    {
        foreach (string row in Lines.Wrap(sentence, console.Profile.Out.IsTerminal ? console.Profile.Width - 1 : int.MaxValue, indent))
            console.Profile.Out.Writer.WriteLine(row);
    }

    // Texts may be broken, numbers may not; the first two columns say what a row is of.
    private static int Fitting(ReportTable table, int width)
    {
        int used = 1, count = 0;
        for (; count < table.Columns.Count; count++)
        {
            int heading = Wrapped(table.Columns[count]).Split('\n').Max(line => line.Length), cells = table.Rows.Select(row => row[count].Length).DefaultIfEmpty().Max();
            used += Math.Max(heading, IsText(table, count) ? Math.Min(cells, LeastText) : cells) + Padding;
            if (used > width && count >= 2)
                break;
        }
        return count;
    }

    private const int LeastText = 12, Padding = 3;

    private static bool IsText(ReportTable table, int column) => table.Rows.Any(row => row[column].Any(char.IsAsciiLetter));

    // "valid perplexity" over two lines: a table is as wide as its headings.
    private static string Wrapped(string title) =>
        title.Split(' ', 2) is [var split, var rest] && split is "valid" or "test" or "training" ? $"{split}\n{rest}" : title;
}
