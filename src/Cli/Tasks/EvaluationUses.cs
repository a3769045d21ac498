using System.CommandLine;

namespace BareBert.Cli.Tasks;

/// <summary>Something that evaluate measures.</summary>
/// <param name="Name">As messages have it: "a classifier", or the option that asks for it.</param>
/// <param name="Length">The option that says how much is read at once; null: none.</param>
/// <param name="IsModel">Whether it is a kind of model, rather than something that an option asks for.</param>
internal sealed record EvaluationKind(string Name, string? Length, bool IsModel = true);

/// <summary>Which of evaluate's options mean something to which kind: what another one's asks for would silently not happen.</summary>
internal sealed class EvaluationUses
{
    private readonly List<(Option Option, EvaluationKind[] Kinds)> _options = [];

    /// <summary>Says which kinds some options are for; one that is never named is for all.</summary>
    public void Add(IEnumerable<Option> options, params EvaluationKind[] kinds) => _options.AddRange(options.Select(option => (option, kinds)));

    /// <summary>Refuses options that stand on the command line and are for other kinds.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="kind">What is evaluated.</param>
    /// <param name="model">The model, for the message.</param>
    /// <exception cref="InputException">There is one.</exception>
    public void RequireFor(ParseResult parsed, EvaluationKind kind, string model)
    {
        foreach (var uses in _options.GroupBy(use => use.Option.Name))
        {
            EvaluationKind[] kinds = [.. uses.SelectMany(use => use.Kinds)];
            if (kinds.Contains(kind) || !CommonOptions.IsGiven(parsed.CommandResult, uses.Key))
                continue;
            string found = kind.IsModel ? $"{model} is {kind.Name}" : $"{kind.Name} is given";
            // Lengths have the name that the training of such a model gives them.
            string mend = kind.Length is not null && kinds.Any(k => k.Length == uses.Key) ? $"give {kind.Length}" : "leave it out";
            throw new InputException($"{uses.Key} is for {string.Join(" or ", kinds.Select(k => k.Name))}: {found}; {mend}");
        }
    }
}
