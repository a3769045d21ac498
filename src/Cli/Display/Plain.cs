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
}
