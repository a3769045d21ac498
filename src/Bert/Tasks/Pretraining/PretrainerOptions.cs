using System.Globalization;
using System.Text.Json.Serialization;

namespace BareBert.Bert.Tasks;

/// <summary>What to pretrain, on what, and how.</summary>
public sealed record PretrainerOptions : TrainingOptions
{
    /// <summary>Options of a new run; a batch has 16 of the longest examples.</summary>
    public PretrainerOptions() => BatchSize = PretrainingDefaults.BatchSize;

    /// <summary>"sample" (generated), a directory with the WikiText files, or text files: one paragraph a line, blank lines between documents.</summary>
    public IReadOnlyList<string> Data { get; init; } = ["sample"];

    /// <summary>A size by name, a config.json, or a run or a checkpoint folder to go on from; null: sample (tiny with eight heads) for the sample, else mini.</summary>
    public string? Model { get; init; }

    /// <summary>A vocab.txt, sentencepiece's spiece.model, or how many entries of a WordPiece vocabulary to train on the corpus; null: 8000.</summary>
    [JsonPropertyName("vocab")]
    public string? Vocabulary { get; init; }

    /// <summary>
    /// The most tokens of an example, or several lengths that the run goes through: each a stage, with as many more examples in a batch as they are
    /// shorter. Null: for a new model 32, 64 and 128, for one that goes on 128, for the sample 64; no more than the model has positions.
    /// </summary>
    [JsonPropertyName("seq-len"), JsonConverter(typeof(LengthsConverter))]
    public SequenceLengths? SequenceLength { get; init; }

    /// <summary>What is learned; null: what the model's family was first trained with.</summary>
    [JsonConverter(typeof(ObjectiveConverter))]
    public PretrainingObjective? Objective { get; init; }

    /// <summary>Share of the tokens to guess in training; evaluations hide 15 % whatever it is.</summary>
    [JsonPropertyName("mask-prob")]
    public double MaskProbability { get; init; } = PretrainingOptions.StandardMaskProbability;

    /// <summary>Choose whole words rather than single tokens.</summary>
    public bool WholeWordMasking { get; init; }

    /// <summary>How the attention of a new model begins; null: <see cref="Models.AttentionInit.Alike"/> for the sample, else <see cref="Models.AttentionInit.Neighbours"/>, or <see cref="Models.AttentionInit.Drawn"/> of ALBERT.</summary>
    [JsonConverter(typeof(AttentionInitConverter))]
    public AttentionInit? AttentionInit { get; init; }

    /// <summary>Where token ids of corpora are kept; "none": nowhere; null: in the user's cache folder.</summary>
    public string? Cache { get; init; }

    internal override string Verb => "pretrain";

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        RequireApart(Model);
        foreach (int length in SequenceLength?.All ?? [new PretrainingOptions().SequenceLength])
            new PretrainingOptions(length, MaskProbability).Validate();
    }

    internal bool IsSample => Data is ["sample"];

    private sealed class LengthsConverter() : OptionsJson.TextConverter<SequenceLengths?>(
        (_, text) => SequenceLengths.Parse($"`{nameof(SequenceLength)}`", text), lengths => lengths!.ToString());

    private sealed class ObjectiveConverter() : OptionsJson.TextConverter<PretrainingObjective?>(
        (_, text) => PretrainingObjectives.Parse($"`{nameof(Objective)}`", text), objective => PretrainingObjectives.NameOf(objective!.Value));

    // It was once a number, the deviation of weights that begin alike; such runs go on.
    private sealed class AttentionInitConverter() : OptionsJson.TextConverter<AttentionInit?>(
        (_, text) => double.TryParse(text, CultureInfo.InvariantCulture, out double deviation) ? deviation > 0 ? Models.AttentionInit.Alike : Models.AttentionInit.Drawn
            : Enum.TryParse(text, ignoreCase: true, out AttentionInit init) ? init
            : throw new InputException($"`{nameof(AttentionInit)}` {Printable.Quote(text)} is unknown: give drawn, alike or neighbours"),
        init => init!.Value.ToString().ToLowerInvariant());
}
