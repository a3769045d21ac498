namespace BareBert.Bert.Tokenization;

/// <summary>What gives way when the texts are longer than the model takes.</summary>
public enum Truncation
{
    /// <summary>Nothing: the sequence keeps its length.</summary>
    None,

    /// <summary>Tokens go one by one from the end of the longer text, from the second's where both are as long.</summary>
    LongestFirst,

    /// <summary>The first text.</summary>
    OnlyFirst,

    /// <summary>The second text: the context of a question.</summary>
    OnlySecond,
}

/// <summary>Which end of a text gives way: <c>truncation_side</c> of a <c>tokenizer_config.json</c>.</summary>
public enum TruncationSide
{
    /// <summary>Its end.</summary>
    Right,

    /// <summary>Its beginning.</summary>
    Left,
}

/// <summary>How texts become model inputs.</summary>
/// <param name="MaxLength">Most tokens of a sequence, special ones included.</param>
/// <param name="Truncation">What gives way beyond that.</param>
/// <param name="Stride">Tokens that a window repeats of the one before it (<c>EncodeWindows</c>).</param>
/// <param name="AddSpecialTokens">Put [CLS] and [SEP] around the texts, or what the tokenizer's template says.</param>
/// <param name="Side">The end of a text that gives way.</param>
public sealed record SequenceOptions(
    int MaxLength = 512, Truncation Truncation = Truncation.LongestFirst, int Stride = 0, bool AddSpecialTokens = true, TruncationSide Side = TruncationSide.Right);

/// <summary>Builds model inputs from one text or two: [CLS] a [SEP], [CLS] a [SEP] b [SEP].</summary>
/// <remarks>Token types, truncation and special tokens as Hugging Face's tokenizers do them.</remarks>
public sealed class SequenceEncoder
{
    private readonly SubwordTokenizer _tokenizer;
    private readonly SequenceOptions _options;

    /// <param name="tokenizer">Cuts the texts, and says what is put around them.</param>
    /// <param name="options">Null: what the tokenizer's files ask for, else the defaults.</param>
    /// <exception cref="InputException">MaxLength leaves no room for text, or Stride is negative.</exception>
    public SequenceEncoder(SubwordTokenizer tokenizer, SequenceOptions? options = null)
    {
        _tokenizer = tokenizer;
        _options = options ?? (tokenizer.Truncation ?? new SequenceOptions()) with { Side = tokenizer.TruncationSide };
        if (_options.MaxLength <= SpecialCount(pair: false))
            throw NoRoom(pair: false);
        if (_options.Stride < 0)
            throw new InputException($"negative stride: {_options.Stride}; give 0 or more");
    }

    /// <summary>One sequence a text or pair of at most so many tokens; what gives way is at the end that the tokenizer says.</summary>
    /// <param name="tokenizer">Cuts the texts, and says what is put around them.</param>
    /// <param name="maxLength">Most tokens of a sequence, special ones included.</param>
    /// <exception cref="InputException">It leaves no room for text.</exception>
    public static SequenceEncoder UpTo(SubwordTokenizer tokenizer, int maxLength) => new(tokenizer, new SequenceOptions(maxLength, Side: tokenizer.TruncationSide));

    /// <summary>One sequence; what does not fit is left out.</summary>
    /// <exception cref="InputException">The kept text alone is too long, or a second text is to be cut where there is none.</exception>
    public TokenSequence Encode(ReadOnlySpan<char> text) => Build(_tokenizer.Tokenize(text), null, firstOnly: true)[0];

    /// <inheritdoc cref="Encode(ReadOnlySpan{char})"/>
    public TokenSequence Encode(ReadOnlySpan<char> text, ReadOnlySpan<char> pair) =>
        Build(_tokenizer.Tokenize(text), _tokenizer.Tokenize(pair), firstOnly: true)[0];

    /// <summary>
    /// As many sequences as it takes for every token of the text that gives way: windows over it, each beginning with the last
    /// <see cref="SequenceOptions.Stride"/> tokens of the one before. Two texts cut by <see cref="Truncation.LongestFirst"/> make one sequence.
    /// </summary>
    /// <exception cref="InputException">As <see cref="Encode(ReadOnlySpan{char})"/>; or the stride is no shorter than a window.</exception>
    public IReadOnlyList<TokenSequence> EncodeWindows(ReadOnlySpan<char> text) => Build(_tokenizer.Tokenize(text), null, firstOnly: false);

    /// <inheritdoc cref="EncodeWindows(ReadOnlySpan{char})"/>
    public IReadOnlyList<TokenSequence> EncodeWindows(ReadOnlySpan<char> text, ReadOnlySpan<char> pair) =>
        Build(_tokenizer.Tokenize(text), _tokenizer.Tokenize(pair), firstOnly: false);

    private InputException NoRoom(bool pair) =>
        new($"no room for text: a maximum length of {_options.MaxLength} tokens; give at least {SpecialCount(pair) + 1}");

    private IReadOnlyList<TemplatePart> Template(bool pair)
    {
        SequenceTemplate template = _options.AddSpecialTokens ? _tokenizer.Template : SequenceTemplate.Bare;
        return pair ? template.Pair : template.Single;
    }

    private int SpecialCount(bool pair) => Template(pair).Count(part => part.Text < 0);

    private List<TokenSequence> Build(PieceList first, PieceList? second, bool firstOnly)
    {
        int room = _options.MaxLength - SpecialCount(second is not null);
        int over = first.Count + (second?.Count ?? 0) - room;
        if (_options.Truncation == Truncation.None || over <= 0)
            return [Join(first, .., second, .., truncated: false)];
        if (room < 1)
            throw NoRoom(second is not null);
        switch (_options.Truncation)
        {
            case Truncation.LongestFirst when second is not null:
                var (kept, keptSecond) = Balance(first.Count, second.Count, room);
                return [Join(first, Kept(kept), second, Kept(keptSecond), truncated: true)];
            case Truncation.OnlySecond:
                if (second is null)
                    throw new InputException("nothing to cut: only the second text may be, and there is one; use longest_first or only_first");
                return [.. Windows(second.Count, room - first.Count, firstOnly).Select(part => Join(first, .., second, part, truncated: true))];
            default:
                return [.. Windows(first.Count, room - (second?.Count ?? 0), firstOnly).Select(part => Join(first, part, second, .., truncated: true))];
        }
    }

    private Range Kept(int count) => _options.Side == TruncationSide.Left ? ^count.. : ..count;

    private IEnumerable<Range> Windows(int count, int size, bool firstOnly)
    {
        if (size < 1)
            throw new InputException($"the text that must be kept is too long: {-size + 1} tokens over a maximum length of {_options.MaxLength}; shorten it or raise the length");
        if (!firstOnly && _options.Stride >= size)
            throw new InputException($"stride too long: {_options.Stride} tokens of windows of {size}; give a shorter one or raise the length");
        int step = firstOnly ? count : size - _options.Stride;
        for (int done = 0; ; done += step)
        {
            int end = Math.Min(done + size, count);
            yield return _options.Side == TruncationSide.Left ? (count - end)..(count - done) : done..end;
            if (firstOnly || end == count)
                yield break;
        }
    }

    // The longer text is cut down to the other's length; of both the longer keeps the odd token, of two as long the second, as Hugging Face's Rust tokenizers have it.
    private static (int First, int Second) Balance(int first, int second, int room)
    {
        int half = room / 2;
        if (first <= half)
            return (first, room - first);
        if (second <= half)
            return (room - second, second);
        return first > second ? (room - half, half) : (half, room - half);
    }

    private TokenSequence Join(PieceList first, Range part, PieceList? second, Range secondPart, bool truncated)
    {
        int count = part.GetOffsetAndLength(first.Count).Length;
        int secondCount = second is null ? 0 : secondPart.GetOffsetAndLength(second.Count).Length;
        var sequence = new TokenSequence(count + secondCount + SpecialCount(second is not null)) { Truncated = truncated };
        var writer = new TokenSequence.Writer(sequence);
        foreach (TemplatePart place in Template(second is not null))
        {
            if (place.Type == 0)
                writer.ExtendFirstSegment(place.Text switch { < 0 => 1, 0 => count, _ => secondCount });
            if (place.Text < 0)
                writer.AddSpecial(place.Id);
            else
                writer.AddText(place.Text, place.Text == 0 ? first : second!, place.Text == 0 ? part : secondPart);
        }
        return sequence;
    }
}
