namespace BareBert.Bert.Tokenization;

/// <summary>One place of a <see cref="SequenceTemplate"/>.</summary>
/// <param name="Text">0 or 1: the tokens of that text; −1: the special token <paramref name="Id"/>.</param>
/// <param name="Id">The special token's id.</param>
/// <param name="Type">Its token type, 0 or 1.</param>
public readonly record struct TemplatePart(int Text, int Id, int Type);

/// <summary>What is put around one text, and around two: BERT's [CLS] a [SEP] and [CLS] a [SEP] b [SEP], or what a <c>tokenizer.json</c> says.</summary>
/// <remarks>Hugging Face's TemplateProcessing. Token types never fall: those of type 0 come first.</remarks>
public sealed class SequenceTemplate
{
    /// <param name="single">One text: part 0 once.</param>
    /// <param name="pair">Two texts: part 0, then part 1, once each.</param>
    /// <exception cref="ArgumentException">Another number or order of texts, or types that fall.</exception>
    public SequenceTemplate(IReadOnlyList<TemplatePart> single, IReadOnlyList<TemplatePart> pair)
    {
        if (!single.Select(p => p.Text).Where(t => t >= 0).SequenceEqual([0]) || !pair.Select(p => p.Text).Where(t => t >= 0).SequenceEqual([0, 1]))
            throw new ArgumentException("a template holds each text once, in their order");
        if (FallsOrExceeds(single) || FallsOrExceeds(pair))
            throw new ArgumentException("a template's token types are 0, then 1");
        (Single, Pair) = (single, pair);
    }

    /// <summary>The parts around one text.</summary>
    public IReadOnlyList<TemplatePart> Single { get; }

    /// <summary>The parts around two.</summary>
    public IReadOnlyList<TemplatePart> Pair { get; }

    /// <summary>Nothing is put around texts.</summary>
    public static SequenceTemplate Bare { get; } = new([new(0, -1, 0)], [new(0, -1, 0), new(1, -1, 1)]);

    /// <summary>BERT's.</summary>
    public static SequenceTemplate Bert(int cls, int sep) => new(
        [new(-1, cls, 0), new(0, -1, 0), new(-1, sep, 0)],
        [new(-1, cls, 0), new(0, -1, 0), new(-1, sep, 0), new(1, -1, 1), new(-1, sep, 1)]);

    private static bool FallsOrExceeds(IReadOnlyList<TemplatePart> parts) =>
        parts.Any(p => p.Type is < 0 or > 1) || parts.Zip(parts.Skip(1)).Any(p => p.Second.Type < p.First.Type);
}
