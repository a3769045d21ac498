namespace BareBert.Bert.Data;

/// <summary>Examples laid end to end, without padding, with what is to be predicted. Its memory is used again and again.</summary>
/// <param name="maxSequences">The most examples it can hold.</param>
/// <param name="sequenceLength">The most tokens of an example.</param>
public sealed class PretrainingBatch(int maxSequences, int sequenceLength)
{
    private readonly int[] _ids = new int[maxSequences * sequenceLength];
    private readonly int[] _positions = new int[maxSequences * sequenceLength];
    private readonly int[] _tokenTypes = new int[maxSequences * sequenceLength];
    private readonly int[] _offsets = new int[maxSequences + 1];
    private readonly int[] _maskedPositions = new int[maxSequences * sequenceLength];
    private readonly int[] _maskedLabels = new int[maxSequences * sequenceLength];
    private readonly int[] _nextSentenceLabels = new int[maxSequences];
    private readonly int[] _readPositions = new int[maxSequences * sequenceLength];
    private readonly int[] _firstRows = new int[maxSequences];
    private readonly int[] _maskedRows = new int[maxSequences * sequenceLength];
    private readonly int[] _scratch = new int[2 * sequenceLength];

    /// <summary>Bytes that such a batch takes: seven lists over its tokens, three over its examples, and scratch.</summary>
    public static long BytesOf(int maxSequences, int sequenceLength) => sizeof(int) * (7L * maxSequences * sequenceLength + 3L * maxSequences + 2L * sequenceLength);

    /// <summary>The most examples it can hold.</summary>
    public int Capacity => maxSequences;

    /// <summary>B, the number of examples.</summary>
    public int Sequences { get; private set; }

    /// <summary>The tokens of all examples.</summary>
    public int Tokens => _offsets[Sequences];

    /// <summary>The masked tokens of all examples.</summary>
    public int MaskedTokens { get; private set; }

    /// <summary>[tokens] vocabulary ids: [CLS] A [SEP] B [SEP], or [CLS] A [SEP], masked.</summary>
    public ReadOnlySpan<int> Ids => _ids.AsSpan(0, Tokens);

    /// <summary>[tokens] the place of each token in its example, from 0.</summary>
    public ReadOnlySpan<int> Positions => _positions.AsSpan(0, Tokens);

    /// <summary>[tokens] 0 up to the first [SEP], 1 after it.</summary>
    public ReadOnlySpan<int> TokenTypes => _tokenTypes.AsSpan(0, Tokens);

    /// <summary>[B + 1] where each example begins; the last is <see cref="Tokens"/>.</summary>
    public ReadOnlySpan<int> Offsets => _offsets.AsSpan(0, Sequences + 1);

    /// <summary>[rows] the masked tokens, as ascending indices into <see cref="Ids"/>.</summary>
    public ReadOnlySpan<int> MaskedPositions => _maskedPositions.AsSpan(0, MaskedTokens);

    /// <summary>[rows] the ids that stood there.</summary>
    public ReadOnlySpan<int> MaskedLabels => _maskedLabels.AsSpan(0, MaskedTokens);

    /// <summary>[B] 0 where B follows A, 1 where it is random or they are swapped (as Hugging Face has it).</summary>
    public ReadOnlySpan<int> NextSentenceLabels => _nextSentenceLabels.AsSpan(0, Sequences);

    /// <summary>[B + rows] what both heads read of the encoder's output: each example's first token and its masked ones, as ascending indices into <see cref="Ids"/>.</summary>
    internal ReadOnlySpan<int> ReadPositions => _readPositions.AsSpan(0, Sequences + MaskedTokens);

    /// <summary>[B] where in <see cref="ReadPositions"/> each example's first token is.</summary>
    internal ReadOnlySpan<int> FirstRows => _firstRows.AsSpan(0, Sequences);

    /// <summary>[rows] where in <see cref="ReadPositions"/> the masked tokens are.</summary>
    internal ReadOnlySpan<int> MaskedRows => _maskedRows.AsSpan(0, MaskedTokens);

    internal void Clear() => (Sequences, MaskedTokens) = (0, 0);

    /// <summary>Appends an example: copies its tokens between special ones, then masks them.</summary>
    internal void Add(TokenSplit split, ExampleSpan example, TokenMasker masker, SpecialTokens special, ref PhiloxStream random)
    {
        int start = Tokens, length = example.Tokens;
        Span<int> ids = _ids.AsSpan(start, length), types = _tokenTypes.AsSpan(start, length), positions = _positions.AsSpan(start, length);
        int b = example.LengthA + 2;
        ids[0] = special.Cls;
        split.CopyIds(example.StartA, ids.Slice(1, example.LengthA));
        ids[b - 1] = special.Sep;
        if (example.LengthB > 0)
        {
            split.CopyIds(example.StartB, ids.Slice(b, example.LengthB));
            ids[^1] = special.Sep;
        }
        types[..b].Clear();
        types[b..].Fill(1);
        for (int i = 0; i < length; i++)
            positions[i] = i;

        Span<int> masked = _maskedPositions.AsSpan(MaskedTokens);
        int chosen = masker.Mask(ids, ref random, masked, _maskedLabels.AsSpan(MaskedTokens), _scratch);
        foreach (ref int position in masked[..chosen])
            position += start;
        AddRows(start, masked[..chosen]);
        MaskedTokens += chosen;
        _nextSentenceLabels[Sequences] = example.IsRandom ? 1 : 0;
        _offsets[++Sequences] = start + length;
    }

    private void AddRows(int first, ReadOnlySpan<int> masked)
    {
        int row = Sequences + MaskedTokens;
        (_readPositions[row], _firstRows[Sequences]) = (first, row);
        for (int i = 0; i < masked.Length; i++)
        {
            row++;
            (_readPositions[row], _maskedRows[MaskedTokens + i]) = (masked[i], row);
        }
    }
}
