using ILGPU;

namespace BareBert.Kernels;

/// <summary>Which head, sequence and rows of it a group works on, and where they lie.</summary>
internal readonly struct AttentionPlace(int start, int length, int first, int head, int heads, int headSize, int chunk)
{
    /// <summary>The sequence's first token.</summary>
    public readonly int Start = start;

    /// <summary>The sequence's tokens.</summary>
    public readonly int Length = length;

    /// <summary>The first of the group's rows, counted in the sequence.</summary>
    public readonly int First = first;

    public readonly int Head = head, Heads = heads, HeadSize = headSize;

    /// <summary>The first of the head's columns that the group writes.</summary>
    public readonly int Chunk = chunk;

    public int C => Heads * HeadSize;

    /// <summary>Of the group: x the rows, y the head and its columns, z the sequence.</summary>
    /// <param name="rows">Rows of a group.</param>
    public static AttentionPlace Of(ArrayView<int> offsets, int heads, int headSize, int chunks, int rows) => new(
        offsets[Grid.IdxZ], offsets[Grid.IdxZ + 1] - offsets[Grid.IdxZ], Grid.IdxX * rows,
        Grid.IdxY / chunks, heads, headSize, Grid.IdxY % chunks * AttentionTile.Size);

    /// <summary>From a query's column d on. qkv: [tokens, 3C].</summary>
    public ArrayView<float> Queries(ArrayView<float> qkv, int query, int d) => qkv.SubView((long)(Start + query) * 3 * C + Head * HeadSize + d);

    /// <summary>From a key's column d on; its value's columns begin at C.</summary>
    public ArrayView<float> Keys(ArrayView<float> qkv, int key, int d) => Queries(qkv, key, C + d);

    /// <summary>From a token's column d of y or dy on. y: [tokens, C].</summary>
    public ArrayView<float> Outputs(ArrayView<float> y, int query, int d) => y.SubView((long)(Start + query) * C + Head * HeadSize + d);
}
