namespace BareBert.Kernels;

/// <summary>What one attention reads, and its sizes.</summary>
internal readonly struct AttentionShape
{
    private readonly Tensor _queries, _keysValues;

    public AttentionShape(Tensor queries, Tensor keysValues, Tensor offsets, Tensor queryOffsets, int heads)
    {
        (_queries, _keysValues, Offsets, Heads) = (queries, keysValues, offsets, heads);
        EveryTokenAsks = queryOffsets.IsNone;
        QueryOffsets = EveryTokenAsks ? offsets : queryOffsets;
    }

    /// <summary>Whether queries, keys and values lie side by side, [tokens, 3C]; or else apart, [queries, C] and [tokens, 2C].</summary>
    public bool EveryTokenAsks { get; }

    /// <summary>[B + 1]: which tokens are a sequence's.</summary>
    public Tensor Offsets { get; }

    /// <summary>[B + 1]: which queries are.</summary>
    public Tensor QueryOffsets { get; }

    public int Heads { get; }

    public int Tokens => _keysValues.Rows;

    public int Queries => _queries.Rows;

    public int Sequences => Offsets.Shape[0] - 1;

    public int C => QueryStride / (EveryTokenAsks ? 3 : 1);

    public int HeadSize => C / Heads;

    /// <summary>Elements from one query to the next.</summary>
    public int QueryStride => _queries.Cols;

    /// <summary>Elements from one key to the next; its value lies C behind it.</summary>
    public int KeyStride => _keysValues.Cols;

    /// <summary>Where a token's key begins.</summary>
    public int FirstKeyColumn => EveryTokenAsks ? C : 0;

    /// <summary>Keys and values, or their gradient, where they are a tensor of their own.</summary>
    public Tensor Beside(Tensor keysValues) => EveryTokenAsks ? default : keysValues;

    /// <summary>Throws where the operands of both passes do not fit, or where offsets that the host can look at do not cut their rows into sequences.</summary>
    public void Check(Tensor y, Tensor logSumExp, int maxLength, bool isCausal)
    {
        Checks.Rank(_queries, 2, nameof(AttentionForward.Queries));
        Checks.Rank(_keysValues, 2, nameof(AttentionForward.KeysValues));
        Checks.Rank(Offsets, 1, nameof(AttentionForward.Offsets));
        if (EveryTokenAsks)
            Checks.Same(_keysValues, _queries, nameof(AttentionForward.KeysValues));
        else if (isCausal)
            throw new ArgumentException("a causal attention has a query for every token");
        if (Heads < 1 || EveryTokenAsks && QueryStride % 3 != 0 || C % Heads != 0)
            throw new ArgumentException($"{nameof(AttentionForward.Queries)} is {_queries.Shape}, of which C is not a multiple of {Heads} heads");
        if (!EveryTokenAsks)
            Checks.Has(_keysValues, new Shape(Tokens, 2 * C), nameof(AttentionForward.KeysValues));
        Checks.Has(y, new Shape(Queries, C), nameof(AttentionForward.Y));
        Checks.Optional(logSumExp, new Shape(Queries, Heads), nameof(AttentionForward.LogSumExp));
        Checks.Sequences(Offsets, Tokens, most: maxLength);
        if (EveryTokenAsks)
            return;
        Checks.Has(QueryOffsets, Offsets.Shape, nameof(AttentionForward.QueryOffsets));
        Checks.Sequences(QueryOffsets, Queries, fewest: 0);
    }

    /// <summary>Scores of a head: queries times keys, or Σ T·(T + 1)/2 where a token sees none that follow.</summary>
    public double Scores(bool isCausal)
    {
        int[] keys = Offsets.ToArray<int>(), queries = QueryOffsets.ToArray<int>();
        double sum = 0;
        for (int i = 1; i < keys.Length; i++)
        {
            double length = keys[i] - keys[i - 1];
            sum += isCausal ? length * (length + 1) / 2 : length * (queries[i] - queries[i - 1]);
        }
        return sum;
    }
}
