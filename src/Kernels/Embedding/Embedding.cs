namespace BareBert.Kernels;

public partial interface IKernels
{
    /// <summary>The sum of a token's word, position and type vectors: y[i] = word[ids[i]] + position[positions[i]] + type[types[i]].</summary>
    /// <param name="y">[tokens, C], overwritten.</param>
    /// <param name="word">[V, C].</param>
    /// <param name="position">[P, C].</param>
    /// <param name="type">[2, C]; optional: DistilBERT has none.</param>
    /// <param name="ids">[tokens], Int32 in [0, V).</param>
    /// <param name="positions">[tokens], Int32 in [0, P).</param>
    /// <param name="types">[tokens], Int32; left out with type.</param>
    /// <exception cref="ArgumentException">Shapes do not fit. An index out of range is the caller's error: hosts throw, GPUs do not look.</exception>
    void EmbeddingForward(Tensor y, Tensor word, Tensor position, Tensor type, Tensor ids, Tensor positions, Tensor types);

    /// <summary>Scatters dy's rows: dword[ids[i]] += dy[i], and so on, rows of the same id in the order of i.</summary>
    /// <param name="dword">[V, C]; optional.</param>
    /// <param name="dposition">[P, C]; optional.</param>
    /// <param name="dtype">[2, C]; optional.</param>
    /// <param name="dy">[tokens, C].</param>
    /// <param name="ids">[tokens].</param>
    /// <param name="positions">[tokens].</param>
    /// <param name="types">[tokens]; left out with dtype.</param>
    /// <remarks>Deterministic: no atomics, a fixed order of additions.</remarks>
    void EmbeddingBackward(Tensor dword, Tensor dposition, Tensor dtype, Tensor dy, Tensor ids, Tensor positions, Tensor types);

    /// <summary>y[i] = x[rows[i]].</summary>
    /// <param name="y">[n, C], overwritten.</param>
    /// <param name="x">[R, C].</param>
    /// <param name="rows">[n], Int32 in [0, R).</param>
    void GatherRows(Tensor y, Tensor x, Tensor rows);

    /// <summary>dx[rows[i]] += dy[i], in the order of i: the gradient of <see cref="GatherRows"/>.</summary>
    /// <param name="dx">[R, C].</param>
    /// <param name="dy">[n, C].</param>
    /// <param name="rows">[n], Int32 in [0, R); may repeat.</param>
    void ScatterAddRows(Tensor dx, Tensor dy, Tensor rows);
}

/// <summary>Shape checks of the row-moving kernels.</summary>
internal static class RowChecks
{
    public static void Lookup(Tensor y, Tensor table, Tensor ids, string name)
    {
        Checks.Rank(y, 2, "y");
        Checks.Rank(table, 2, name);
        if (table.Shape[1] != y.Shape[1])
            throw new ArgumentException($"{name} is {table.Shape}, not [_, {y.Shape[1]}]");
        // The name is put together only for the message: a call that is right allocates nothing.
        var expected = new Shape(y.Shape[0]);
        if (ids.IsNone || ids.Shape != expected)
            ids.Require(expected, $"the indices into {name}");
    }

    /// <summary>The three tables and their indices, of the forward pass or, as gradients and each optional, of the backward pass.</summary>
    public static void Embedding(Tensor y, Tensor word, Tensor position, Tensor type, Tensor ids, Tensor positions, Tensor types)
    {
        Checks.Rank(y, 2, "y");
        OptionalLookup(y, word, ids, nameof(word));
        OptionalLookup(y, position, positions, nameof(position));
        OptionalLookup(y, type, types, nameof(type));
    }

    private static void OptionalLookup(Tensor y, Tensor table, Tensor ids, string name)
    {
        if (table.IsNone)
            return;
        Lookup(y, table, ids, name);
        InRange(ids, table.Shape[0], name);
    }

    /// <summary>Throws where an index leaves [0, limit), if the host can look at them: a device is not waited for.</summary>
    public static void InRange(Tensor indices, int limit, string name)
    {
        if (indices.IsOnHost)
            InRange(indices.Span<int>(), limit, name);
    }

    /// <summary>Throws where an index leaves [0, limit).</summary>
    public static void InRange(ReadOnlySpan<int> indices, int limit, string name)
    {
        foreach (int index in indices)
        {
            if ((uint)index >= (uint)limit)
                throw new ArgumentException($"an index into {name} is {index}, not in [0, {limit})");
        }
    }
}

public sealed partial class ReferenceKernels<T>
{
    /// <inheritdoc/>
    public void EmbeddingForward(Tensor y, Tensor word, Tensor position, Tensor type, Tensor ids, Tensor positions, Tensor types)
    {
        Checks.Rank(word, 2);
        Checks.Rank(position, 2);
        RowChecks.Embedding(y, word, position, type, ids, positions, types);
        GatherRows(y, word, ids);
        AddGatheredRows(y, position, positions);
        if (!type.IsNone)
            AddGatheredRows(y, type, types);
    }

    /// <inheritdoc/>
    public void EmbeddingBackward(Tensor dword, Tensor dposition, Tensor dtype, Tensor dy, Tensor ids, Tensor positions, Tensor types)
    {
        RowChecks.Embedding(dy, dword, dposition, dtype, ids, positions, types);
        if (!dword.IsNone)
            ScatterAddRows(dword, dy, ids);
        if (!dposition.IsNone)
            ScatterAddRows(dposition, dy, positions);
        if (!dtype.IsNone)
            ScatterAddRows(dtype, dy, types);
    }

    /// <inheritdoc/>
    public void GatherRows(Tensor y, Tensor x, Tensor rows)
    {
        RowChecks.Lookup(y, x, rows, nameof(x));
        RowChecks.InRange(rows.Span<int>(), x.Shape[0], nameof(x));
        int cols = x.Shape[1];
        for (int i = 0; i < y.Shape[0]; i++)
            x.Span<T>().Slice(rows.Span<int>()[i] * cols, cols).CopyTo(y.Span<T>()[(i * cols)..]);
    }

    /// <inheritdoc/>
    public void ScatterAddRows(Tensor dx, Tensor dy, Tensor rows)
    {
        RowChecks.Lookup(dy, dx, rows, nameof(dx));
        RowChecks.InRange(rows.Span<int>(), dx.Shape[0], nameof(dx));
        int cols = dx.Shape[1];
        for (int i = 0; i < dy.Shape[0]; i++)
        {
            for (int col = 0; col < cols; col++)
                Add(dx.Span<T>(), rows.Span<int>()[i] * cols + col, Get(dy.Span<T>(), i * cols + col));
        }
    }

    private static void AddGatheredRows(Tensor y, Tensor table, Tensor ids)
    {
        int cols = y.Shape[1];
        for (int i = 0; i < y.Shape[0]; i++)
        {
            for (int col = 0; col < cols; col++)
                Add(y.Span<T>(), i * cols + col, Get(table.Span<T>(), ids.Span<int>()[i] * cols + col));
        }
    }
}
