using ILGPU;

namespace BareBert.Kernels;

/// <summary>Which head, sequence and rows of it a group works on, and where they lie.</summary>
internal readonly struct AttentionPlace(
    int firstKey, int keyCount, int keyStride, int firstQuery, int queryCount, int queryStride, int first, int head, int heads, int headSize, int chunk)
{
    /// <summary>The sequence's first token, and how many it has.</summary>
    public readonly int FirstKey = firstKey, KeyCount = keyCount;

    /// <summary>Elements from key to key.</summary>
    public readonly int KeyStride = keyStride;

    /// <summary>The sequence's first query, and how many it has.</summary>
    public readonly int FirstQuery = firstQuery, QueryCount = queryCount;

    /// <summary>Elements from query to query.</summary>
    public readonly int QueryStride = queryStride;

    /// <summary>The first of the group's rows, counted in the sequence.</summary>
    public readonly int First = first;

    public readonly int Head = head, Heads = heads, HeadSize = headSize;

    /// <summary>The first of the head's columns that the group writes.</summary>
    public readonly int Chunk = chunk;

    public int C => Heads * HeadSize;

    /// <summary>Of the group: x the rows, y the head and its columns, z the sequence.</summary>
    /// <param name="rows">Rows of a group.</param>
    public static AttentionPlace Of(
        ArrayView<int> queryOffsets, int queryStride, ArrayView<int> offsets, int keyStride, int heads, int headSize, int chunks, int rows) => new(
        offsets[Grid.IdxZ], offsets[Grid.IdxZ + 1] - offsets[Grid.IdxZ], keyStride,
        queryOffsets[Grid.IdxZ], queryOffsets[Grid.IdxZ + 1] - queryOffsets[Grid.IdxZ], queryStride,
        Grid.IdxX * rows, Grid.IdxY / chunks, heads, headSize, Grid.IdxY % chunks * AttentionTile.Size);

    /// <summary>From a query's column d on. queries: from the first query on.</summary>
    public ArrayView<float> Queries(ArrayView<float> queries, int query, int d) => queries.SubView((long)(FirstQuery + query) * QueryStride + Head * HeadSize + d);

    /// <summary>From a key's column d on; its value's columns begin at C. keys: from the first key on.</summary>
    public ArrayView<float> Keys(ArrayView<float> keys, int key, int d) => keys.SubView((long)(FirstKey + key) * KeyStride + Head * HeadSize + d);

    /// <summary>From a query's column d of y or dy on. y: [queries, C].</summary>
    public ArrayView<float> Outputs(ArrayView<float> y, int query, int d) => y.SubView((long)(FirstQuery + query) * C + Head * HeadSize + d);

    /// <summary>A query's row of [queries, heads].</summary>
    public int RowOf(int query) => (FirstQuery + query) * Heads + Head;
}
