using System.CommandLine;
using BareBert.Bert;

namespace BareBert.Cli.Verbs;

/// <summary>What evaluate measures.</summary>
internal enum EvaluationKind
{
    /// <summary>Perplexity on fixed masks.</summary>
    Pretrained,

    /// <summary>Perplexity with every token masked in turn.</summary>
    PseudoPerplexity,

    /// <summary>A classifier's figures.</summary>
    Classifier,

    /// <summary>A model's answers to questions.</summary>
    Questions,

    /// <summary>Answers from a file.</summary>
    Answers,
}

/// <summary>Which of evaluate's options mean something to which kind: what another one's asks for would silently not happen.</summary>
internal sealed class EvaluationUses
{
    private readonly List<(Option Option, EvaluationKind[] Kinds)> _options = [];

    /// <summary>The kind that suits a model.</summary>
    /// <param name="task">What the model is for; null where its folder does not say.</param>
    /// <param name="isPseudo">Whether every token is to be masked in turn.</param>
    public static EvaluationKind KindOf(TaskDefinition? task, bool isPseudo) => isPseudo ? EvaluationKind.PseudoPerplexity
        : task == BertTasks.Classification ? EvaluationKind.Classifier
        : task == BertTasks.QuestionAnswering ? EvaluationKind.Questions
        : EvaluationKind.Pretrained;

    /// <summary>Says which kinds some options are for; one that is never named is for all.</summary>
    public void Add(IEnumerable<Option> options, params EvaluationKind[] kinds) => _options.AddRange(options.Select(option => (option, kinds)));

    /// <summary>Refuses options that stand on the command line and are for other kinds.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="kind">What is evaluated.</param>
    /// <param name="model">The model, for the message.</param>
    /// <exception cref="InputException">There is one.</exception>
    public void RequireFor(ParseResult parsed, EvaluationKind kind, string model)
    {
        foreach ((Option option, EvaluationKind[] kinds) in _options)
        {
            if (kinds.Contains(kind) || !CommonOptions.IsGiven(parsed.CommandResult, option))
                continue;
            string found = kind is EvaluationKind.Answers or EvaluationKind.PseudoPerplexity ? $"{NameOf(kind)} is given" : $"{model} is {NameOf(kind)}";
            throw new InputException($"{option.Name} is for {string.Join(" or ", kinds.Select(NameOf))}: {found}; {Mend(option.Name, kind)}");
        }
    }

    // Lengths have the name that the training of such a model gives them.
    private static string Mend(string option, EvaluationKind kind) => (option, kind) switch
    {
        ("--seq-len", EvaluationKind.Classifier or EvaluationKind.Questions) => "give --max-length",
        ("--max-length", EvaluationKind.Pretrained) => "give --seq-len",
        _ => "leave it out",
    };

    private static string NameOf(EvaluationKind kind) => kind switch
    {
        EvaluationKind.Pretrained => "a pretrained model",
        EvaluationKind.PseudoPerplexity => "--pseudo-perplexity",
        EvaluationKind.Classifier => "a classifier",
        EvaluationKind.Questions => "a model that answers questions",
        _ => "--predictions",
    };
}
