namespace BareBert.Bert.Data;

/// <summary>How pretraining examples are made from documents.</summary>
/// <param name="SequenceLength">T, the most tokens of an example, [CLS] and both [SEP] included; at least 5.</param>
/// <param name="MaskProbability">The share of an example's tokens that are chosen for prediction, in (0, 1).</param>
/// <param name="WholeWords">Choose whole words rather than single WordPiece tokens.</param>
/// <param name="ShortProbability">The share of examples that aim at a random shorter length, in [0, 1].</param>
/// <param name="Segments">What an example consists of.</param>
/// <param name="Seed">Everything random about the examples is a function of it.</param>
/// <remarks>Devlin et al. 2018, arXiv:1810.04805, appendix A.2; google-research/bert's defaults.</remarks>
public sealed record PretrainingOptions(
    int SequenceLength = 128,
    double MaskProbability = PretrainingOptions.StandardMaskProbability,
    bool WholeWords = false,
    double ShortProbability = 0.1,
    SegmentKind Segments = SegmentKind.NextOrRandom,
    ulong Seed = 1)
{
    /// <summary>What BERT was trained with, and what is always evaluated with.</summary>
    public const double StandardMaskProbability = 0.15;

    // Evaluation examples must not change with a run's options, or figures of two runs could not be compared.
    private const ulong EvaluationSeed = 0xE7A1;

    /// <summary>The options of evaluation: nothing of a training run's but the length and what they consist of shows in its examples.</summary>
    public static PretrainingOptions ForEvaluation(int sequenceLength, SegmentKind segments = SegmentKind.NextOrRandom) =>
        new(sequenceLength, Segments: segments == SegmentKind.Following ? SegmentKind.NextOrRandom : segments, Seed: EvaluationSeed);

    /// <summary>Checks what a user may have set.</summary>
    /// <exception cref="InputException">A value is out of its range.</exception>
    public void Validate()
    {
        if (SequenceLength < 5)
            throw new InputException($"`SequenceLength` {SequenceLength} is too short: [CLS] A [SEP] B [SEP] takes 5 tokens; give at least 5");
        if (!(MaskProbability > 0 && MaskProbability < 1))
            throw new InputException($"`MaskProbability` {MaskProbability} is no share of the tokens: give a number between 0 and 1, as 0.15");
        if (!(ShortProbability >= 0 && ShortProbability <= 1))
            throw new InputException($"the share of short examples, {ShortProbability}, is not a share: give a number from 0 to 1");
    }
}
