using System.CommandLine;

namespace BareBert.Cli.Verbs;

/// <summary>A verb that trains: what its command line asks for can be looked at without training.</summary>
/// <param name="name">The verb.</param>
/// <param name="help">What it does, with examples.</param>
/// <param name="read">Reads the options of a new run.</param>
internal sealed class TrainingCommand(string name, string help, Func<ParseResult, TrainingOptions> read) : Command(name, help)
{
    /// <summary>Throws where a new run would be refused before any file is looked at.</summary>
    /// <exception cref="InputException">An option is out of range, or two do not go together.</exception>
    public void Require(ParseResult parsed) => read(parsed).Validate();
}
