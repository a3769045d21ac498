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

    /// <summary>A table with its title and caption.</summary>
    public static void Write(IAnsiConsole console, ReportTable table)
    {
        console.WriteLine(table.Title);
        var grid = new Table().Border(TableBorder.Simple);
        for (int c = 0; c < table.Columns.Count; c++)
        {
            var column = new TableColumn(Markup.Escape(Wrapped(table.Columns[c])));
            bool isText = table.Rows.Any(row => row[c].Any(char.IsAsciiLetter));
            grid.AddColumn(isText ? column : column.RightAligned());
        }
        foreach (IReadOnlyList<string> row in table.Rows)
            grid.AddRow([.. row.Select(Markup.Escape)]);
        console.Write(grid);
        if (table.Caption is not null)
            console.WriteLine(table.Caption);
    }

    // "valid perplexity" over two lines: a table is as wide as its headings.
    private static string Wrapped(string title) =>
        title.Split(' ', 2) is [var split, var rest] && split is "valid" or "test" or "training" ? $"{split}\n{rest}" : title;
}
