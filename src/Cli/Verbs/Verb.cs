using System.CommandLine;

namespace BareBert.Cli.Verbs;

/// <summary>A verb as the list of all has it, apart from its options: to make those takes longer than to print the list.</summary>
/// <param name="Name">What it is called by.</param>
/// <param name="Help">What it does, and examples. It begins with a line that says the most of it, as far as the first full stop or colon.</param>
/// <param name="Create">Makes the command that runs.</param>
/// <param name="Arguments">What the command takes beside its options, as its help calls it.</param>
internal sealed record Verb(string Name, string Help, Func<Command> Create, params string[] Arguments)
{
    /// <summary>What it does, in a line.</summary>
    public string Summary => Help.Split([". ", ".\n", ".\r", ": "], 2, StringSplitOptions.None)[0] + ".";

    /// <summary>A command to be listed, which cannot be run.</summary>
    public Command Outline()
    {
        var outline = new Command(Name, Summary);
        foreach (string argument in Arguments)
            outline.Add(new Argument<string>(argument));
        return outline;
    }
}
