using System.CommandLine;

namespace BareBert.Cli;

/// <summary>The options that fine-tuning for question answering has beside every training's.</summary>
internal sealed class QaTrainingOptions
{
    private readonly Option<string?> _validation = new("--validation") { Description = "Question answering: a SQuAD file to validate on; unless given, --validation-split of the articles.", HelpName = "FILE" };
    private readonly Option<string> _featureCache = new("--feature-cache") { Description = "Question answering by --method frozen: memory for the encoder's output; the windows that it does not hold run through the encoder every epoch.", DefaultValueFactory = _ => "4GiB", HelpName = "SIZE" };
    private readonly QaOptions _windows = new();

    /// <summary>Adds them to a verb.</summary>
    public void AddTo(Command verb)
    {
        verb.Options.Add(_validation);
        verb.Options.Add(_featureCache);
        _windows.AddTo(verb);
    }

    /// <summary>Those that mean nothing to another task.</summary>
    public IEnumerable<Option> Own => [_validation, _featureCache, .. _windows.All];

    /// <summary>Those that mean nothing unless the encoder is frozen.</summary>
    public IEnumerable<Option> OfFrozen => [_featureCache];

    /// <summary>Takes the values from a command line.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="maxLength">Tokens of a window; null: the usual.</param>
    /// <param name="bestBy">Null: F1.</param>
    public QaTrainingSettings Read(ParseResult parsed, int? maxLength, BestBy? bestBy) => new()
    {
        Validation = parsed.GetValue(_validation),
        MaxLength = maxLength,
        FeatureCache = ByteSizes.Parse(_featureCache.Name, parsed.GetValue(_featureCache)!),
        Windows = _windows.Read(parsed),
        BestBy = bestBy ?? BestBy.F1,
    };
}

/// <summary>What question answering adds.</summary>
internal sealed record QaTrainingSettings
{
    public string? Validation { get; init; }

    public int? MaxLength { get; init; }

    /// <summary>Bytes for a frozen encoder's output.</summary>
    public long FeatureCache { get; init; }

    public required QaSettings Windows { get; init; }

    public BestBy BestBy { get; init; }
}
