namespace BareBert.Kernels;

public partial interface IDeviceKernels : IKernel<EmbeddingForward>, IKernel<EmbeddingBackward>, IKernel<RowGather>, IKernel<RowScatterAdd>;

/// <summary>The sum of a token's word, position and type vectors: y[i] = word[ids[i]] + position[positions[i]] + type[types[i]].</summary>
/// <remarks>An index out of range is the caller's error: hosts throw, GPUs do not look.</remarks>
public readonly struct EmbeddingForward : IKernelCall<EmbeddingForward>
{
    /// <summary>[tokens, C], overwritten.</summary>
    public required Tensor Y { get; init; }

    /// <summary>[V, C].</summary>
    public required Tensor Word { get; init; }

    /// <summary>[P, C].</summary>
    public required Tensor Position { get; init; }

    /// <summary>[2, C]; optional: DistilBERT has none.</summary>
    public Tensor Type { get; init; }

    /// <summary>[tokens], Int32 in [0, V).</summary>
    public required Tensor Ids { get; init; }

    /// <summary>[tokens], Int32 in [0, P).</summary>
    public required Tensor Positions { get; init; }

    /// <summary>[tokens], Int32; left out with Type.</summary>
    public Tensor Types { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => new(0, new Traffic(Y.Bytes, Y.Bytes, 0));

    /// <inheritdoc/>
    public void Check()
    {
        Checks.Rank(Y, 2);
        Lookups.Check(Y, Word, Ids, nameof(Word));
        Lookups.Check(Y, Position, Positions, nameof(Position));
        Lookups.CheckOptional(Y, Type, Types, nameof(Type));
    }
}

/// <summary>Scatters dy's rows: dword[ids[i]] += dy[i], and so on, rows of the same id in the order of i.</summary>
/// <remarks>Deterministic: no atomics, a fixed order of additions.</remarks>
public readonly struct EmbeddingBackward : IKernelCall<EmbeddingBackward>
{
    /// <summary>[V, C]; optional.</summary>
    public Tensor DWord { get; init; }

    /// <summary>[P, C]; optional.</summary>
    public Tensor DPosition { get; init; }

    /// <summary>[2, C]; optional.</summary>
    public Tensor DType { get; init; }

    /// <summary>[tokens, C].</summary>
    public required Tensor DY { get; init; }

    /// <summary>[tokens].</summary>
    public required Tensor Ids { get; init; }

    /// <summary>[tokens].</summary>
    public required Tensor Positions { get; init; }

    /// <summary>[tokens]; left out with DType.</summary>
    public Tensor Types { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => new(0, new Traffic(DY.Bytes, 0, DY.Bytes));

    /// <inheritdoc/>
    public void Check()
    {
        Checks.Rank(DY, 2);
        Lookups.CheckOptional(DY, DWord, Ids, nameof(DWord));
        Lookups.CheckOptional(DY, DPosition, Positions, nameof(DPosition));
        Lookups.CheckOptional(DY, DType, Types, nameof(DType));
    }
}

/// <summary>y[i] = x[rows[i]].</summary>
public readonly struct RowGather : IKernelCall<RowGather>
{
    /// <summary>[n, C], overwritten.</summary>
    public required Tensor Y { get; init; }

    /// <summary>[R, C].</summary>
    public required Tensor X { get; init; }

    /// <summary>[n], Int32 in [0, R).</summary>
    public required Tensor Rows { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => new(0, new Traffic(Y.Bytes, Y.Bytes, 0));

    /// <inheritdoc/>
    public void Check()
    {
        Checks.Rank(Y, 2);
        Lookups.Check(Y, X, Rows, nameof(X));
    }
}

/// <summary>dx[rows[i]] += dy[i], in the order of i: the gradient of <see cref="RowGather"/>.</summary>
public readonly struct RowScatterAdd : IKernelCall<RowScatterAdd>
{
    /// <summary>[R, C].</summary>
    public required Tensor DX { get; init; }

    /// <summary>[n, C].</summary>
    public required Tensor DY { get; init; }

    /// <summary>[n], Int32 in [0, R); may repeat.</summary>
    public required Tensor Rows { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => new(0, new Traffic(DY.Bytes, 0, DY.Bytes));

    /// <inheritdoc/>
    public void Check()
    {
        Checks.Rank(DY, 2);
        Lookups.Check(DY, DX, Rows, nameof(DX));
    }
}

/// <summary>Checks of tables whose rows are looked up.</summary>
internal static class Lookups
{
    /// <summary>Throws unless a table's rows are as wide as y's and there is an index into it for each of y's rows.</summary>
    public static void Check(Tensor y, Tensor table, Tensor ids, string name)
    {
        Checks.Rank(table, 2, name);
        if (table.Shape[1] != y.Shape[1])
            throw new ArgumentException($"{name} is {table.Shape}, not [_, {y.Shape[1]}]");
        // The name is put together only for the message: a call that is right allocates nothing.
        var expected = new Shape(y.Shape[0]);
        if (ids.IsNone || ids.Shape != expected)
            ids.Require(expected, $"the indices into {name}");
        CheckRange(ids, table.Shape[0], name);
    }

    /// <summary>The same of a table that may be left out.</summary>
    public static void CheckOptional(Tensor y, Tensor table, Tensor ids, string name)
    {
        if (!table.IsNone)
            Check(y, table, ids, name);
    }

    /// <summary>Throws where an index leaves [0, limit), if the host can look at them: a device is not waited for.</summary>
    public static void CheckRange(Tensor indices, int limit, string name)
    {
        if (!indices.IsOnHost)
            return;
        foreach (int index in indices.Span<int>())
        {
            if ((uint)index >= (uint)limit)
                throw new ArgumentException($"an index into {name} is {index}, not in [0, {limit})");
        }
    }
}

public sealed partial class ReferenceKernels<T>
{
    void IKernel<EmbeddingForward>.Run(in EmbeddingForward call)
    {
        Gather(call.Y, call.Word, call.Ids);
        AddGathered(call.Y, call.Position, call.Positions);
        AddGathered(call.Y, call.Type, call.Types);
    }

    void IKernel<EmbeddingBackward>.Run(in EmbeddingBackward call)
    {
        ScatterAdd(call.DWord, call.DY, call.Ids);
        ScatterAdd(call.DPosition, call.DY, call.Positions);
        ScatterAdd(call.DType, call.DY, call.Types);
    }

    void IKernel<RowGather>.Run(in RowGather call) => Gather(call.Y, call.X, call.Rows);

    void IKernel<RowScatterAdd>.Run(in RowScatterAdd call) => ScatterAdd(call.DX, call.DY, call.Rows);

    private static void Gather(Tensor y, Tensor table, Tensor ids)
    {
        Span<T> target = y.Span<T>(), source = table.Span<T>();
        Span<int> rows = ids.Span<int>();
        int cols = y.Cols;
        for (int i = 0; i < target.Length; i++)
            target[i] = source[rows[i / cols] * cols + i % cols];
    }

    // y[i] += table[ids[i]], where there is a table.
    private static void AddGathered(Tensor y, Tensor table, Tensor ids)
    {
        if (table.IsNone)
            return;
        Span<T> target = y.Span<T>(), source = table.Span<T>();
        Span<int> rows = ids.Span<int>();
        int cols = y.Cols;
        for (int i = 0; i < target.Length; i++)
            Add(target, i, Get(source, rows[i / cols] * cols + i % cols));
    }

    // table[ids[i]] += dy[i], where there is a table.
    private static void ScatterAdd(Tensor table, Tensor dy, Tensor ids)
    {
        if (table.IsNone)
            return;
        Span<T> target = table.Span<T>(), source = dy.Span<T>();
        Span<int> rows = ids.Span<int>();
        int cols = dy.Cols;
        for (int i = 0; i < source.Length; i++)
            Add(target, rows[i / cols] * cols + i % cols, Get(source, i));
    }
}
