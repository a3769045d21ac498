using BareBert.Autograd;

namespace BareBert.Bert.Explanations;

/// <summary>What explaining needs to know of a head: its logits from any layer's output, what they mean, and which of them an answer is.</summary>
internal abstract class HeadProbe
{
    /// <summary>How many answers of a layer are shown.</summary>
    protected const int Shown = 5;

    /// <summary>The head's logits, [rows, columns].</summary>
    public abstract Variable Logits(Tape tape, Variable hidden, PackedInputs inputs);

    /// <summary>What logits of one sequence say, the likeliest first.</summary>
    /// <param name="logits">[rows, columns].</param>
    /// <param name="columns">Of the logits.</param>
    public abstract IReadOnlyList<ExplainedAnswer> Answers(float[] logits, int columns);

    /// <summary>The logits that are an answer, in those of one sequence: their sum is explained.</summary>
    /// <param name="logits">Of the last layer.</param>
    /// <param name="columns">Of the logits.</param>
    /// <param name="asked">The answer that the user wants explained; null: the likeliest.</param>
    /// <exception cref="InputException">There is no such answer.</exception>
    public abstract (string Answer, int[] Indices) Choose(float[] logits, int columns, string? asked);

    /// <summary>The likeliest of some named answers.</summary>
    protected static IReadOnlyList<ExplainedAnswer> Best(double[] probabilities, Func<int, string> nameOf) =>
        [.. Enumerable.Range(0, probabilities.Length).OrderByDescending(i => probabilities[i]).Take(Shown).Select(i => new ExplainedAnswer(nameOf(i), probabilities[i]))];
}

/// <summary>Classes of a text.</summary>
internal sealed class ClassProbe(BertModel model) : HeadProbe
{
    private readonly ClassificationHead _head = new(model);
    private readonly ScoreKind _scores = ScoreKinds.Of(model.Config, model.Layout.Labels);
    private readonly IReadOnlyList<string> _names = model.LabelNames;

    public override Variable Logits(Tape tape, Variable hidden, PackedInputs inputs) => _head.Logits(tape, hidden, inputs);

    public override IReadOnlyList<ExplainedAnswer> Answers(float[] logits, int columns) => Best(Array.ConvertAll(_scores.Apply(logits), p => (double)p), NameOf);

    public override (string, int[]) Choose(float[] logits, int columns, string? asked)
    {
        int chosen = asked is null ? ClassificationOutcome.ArgMax(logits) : Enumerable.Range(0, columns).FirstOrDefault(c => NameOf(c) == asked, -1);
        return chosen >= 0 ? (NameOf(chosen), [chosen])
            : throw new InputException($"`Target` {asked} is no class of the model: give one of {string.Join(", ", Enumerable.Range(0, columns).Select(NameOf))}");
    }

    private string NameOf(int label) => _names[label];
}

/// <summary>The word that the first [MASK] stands for.</summary>
internal sealed class WordProbe(BertModel model, TokenSequence sequence) : HeadProbe
{
    private readonly PretrainingHeads _heads = new(model);
    private readonly int _place = sequence.Ids.IndexOf(model.Tokenizer.Special.Mask) is >= 0 and var place ? place : throw MaskFiller.NoMask(sequence);

    public override Variable Logits(Tape tape, Variable hidden, PackedInputs inputs) => _heads.MaskedWordLogits(tape, hidden,
        tape.Upload([.. Enumerable.Range(0, inputs.Sequences).Select(b => inputs.HostOffsets.Span[b] + _place)]));

    public override IReadOnlyList<ExplainedAnswer> Answers(float[] logits, int columns) =>
        Best(Probabilities.Of(logits.AsSpan(0, model.Tokenizer.VocabularySize)), model.Tokenizer.TokenOf);

    public override (string, int[]) Choose(float[] logits, int columns, string? asked)
    {
        int chosen = asked is null ? ClassificationOutcome.ArgMax(logits.AsSpan(0, model.Tokenizer.VocabularySize)) : model.Tokenizer.IdOf(asked);
        return chosen >= 0 ? (model.Tokenizer.TokenOf(chosen), [chosen]) : throw new InputException($"`Target` {asked} is no entry of the vocabulary: give a whole token, as it is spelled there");
    }
}

/// <summary>Start and end of an answer in a context.</summary>
internal sealed class SpanProbe(BertModel model, TokenSequence sequence, string context) : HeadProbe
{
    private const int Longest = 30;

    private readonly QuestionAnsweringHead _head = new(model);

    public override Variable Logits(Tape tape, Variable hidden, PackedInputs inputs) => _head.Logits(tape, hidden, inputs);

    public override IReadOnlyList<ExplainedAnswer> Answers(float[] logits, int columns)
    {
        double[] starts = Probabilities.Of(Column(logits, 0)), ends = Probabilities.Of(Column(logits, 1));
        return [.. Spans().OrderByDescending(span => starts[span.Start] * ends[span.End]).Take(Shown).Select(span => new ExplainedAnswer(TextOf(span), starts[span.Start] * ends[span.End]))];
    }

    public override (string, int[]) Choose(float[] logits, int columns, string? asked)
    {
        (int Start, int End) best = Spans().Where(span => asked is null || TextOf(span) == asked).OrderByDescending(span => logits[2 * span.Start] + logits[2 * span.End + 1])
            .FirstOrDefault((-1, -1));
        return best.Start >= 0 ? (TextOf(best), [2 * best.Start, 2 * best.End + 1])
            : throw new InputException($"`Target` {asked} is no span of the context's tokens: give words of it as they stand there");
    }

    private IEnumerable<(int Start, int End)> Spans() =>
        from start in Enumerable.Range(0, sequence.Length)
        where IsContext(start)
        from end in Enumerable.Range(start, Math.Min(Longest, sequence.Length - start))
        where IsContext(end)
        select (start, end);

    private bool IsContext(int token) => sequence.Texts[token] == 1;

    private string TextOf((int Start, int End) span) => context[sequence.Starts[span.Start]..sequence.Ends[span.End]];

    private static float[] Column(float[] logits, int column) => [.. logits.Where((_, i) => i % 2 == column)];
}
