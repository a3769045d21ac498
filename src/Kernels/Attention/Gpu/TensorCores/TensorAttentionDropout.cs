using BareBert.Simt;
using ILGPU;

namespace BareBert.Kernels;

/// <summary>
/// Dropout's mask in the order of accumulators. A Philox block decides on eight columns 16 apart, of a group of 128; a kernel draws it once and keeps
/// eight bits of it.
/// </summary>
internal static class TensorAttentionDropout
{
    private const int MaskStride = 20;

    /// <summary>Words of a mask of <see cref="DrawColumns"/>.</summary>
    public const int MaskWords = DropoutMask.Lanes * MaskStride;

    /// <summary>Which of 128 keys a row keeps, of those that a lane has in its accumulators: the keys 16·k + 8·(b / 2) + 2t + b % 2 in bit 4·k + b.</summary>
    private static uint DrawRow(DropoutDraw dropout, uint row, uint group)
    {
        uint bits = 0;
        for (int b = 0; b < 4; b++)
        {
            PhiloxBlock block = dropout.Block(row, group, (uint)(b / 2 * 8 + b % 2 + Warp.LaneIdx % 4 * 2));
            for (int k = 0; k < 8; k++)
                bits |= dropout.Keeps(block, k) ? 1u << (4 * k + b) : 0;
        }
        return bits;
    }

    /// <summary>The bits of rows g and g + 8 for the next keys: 128 are drawn at once, and tiles use what the one before them left.</summary>
    /// <param name="kept">Of the tile before; becomes this one's.</param>
    /// <param name="query">The first of 16 rows.</param>
    /// <param name="size">Keys of a tile; a lane has a quarter of a row's bits.</param>
    public static void NextRows(ArrayView<uint> kept, int at, DropoutDraw dropout, AttentionPlace place, int query, int key, int size)
    {
        int row = place.RowOf(query + Warp.LaneIdx / 4);
        for (int half = 0; half < 2; half++)
        {
            kept[at + half] = key % DropoutMask.GroupCols == 0
                ? DrawRow(dropout, (uint)(row + half * 8 * place.Heads), (uint)(key / DropoutMask.GroupCols)) : kept[at + half] >> (size / 4);
        }
    }

    /// <summary>True where accumulator j's column 2t + second is kept.</summary>
    public static bool Keeps(uint bits, int j, int second) => (bits & (1u << (2 * j + second))) != 0;

    /// <summary>
    /// Which of 128 keys 64 queries keep, drawn by 256 threads, four blocks each: in mask[l][query / 4] byte query % 4 is of one query, and its bit k of
    /// key 16·k + l.
    /// </summary>
    /// <param name="mask">Shared, <see cref="MaskWords"/>.</param>
    /// <param name="row">Of the first query in the whole mask.</param>
    /// <param name="heads">Rows from query to query.</param>
    public static void DrawColumns(ArrayView<uint> mask, DropoutDraw dropout, uint row, int heads, uint group)
    {
        // Eight ls by four words a warp: then its 32 words lie in 32 banks.
        int warp = Group.IdxX / 32, l = warp % 2 * 8 + Group.IdxX / 4 % 8, quad = warp / 2 * 4 + Group.IdxX % 4;
        uint word = 0;
        for (int i = 0; i < 4; i++)
        {
            PhiloxBlock block = dropout.Block(row + (uint)((4 * quad + i) * heads), group, (uint)l);
            for (int k = 0; k < 8; k++)
                word |= dropout.Keeps(block, k) ? 1u << (8 * i + k) : 0;
        }
        mask[l * MaskStride + quad] = word;
    }

    /// <summary>What queries 8j + 2t and the next say about keys 16·k + l: bits 0 and 8 of the word.</summary>
    public static uint Pair(ArrayView<uint> mask, int l, int j, int k)
    {
        int t = Warp.LaneIdx % 4;
        return mask[l * MaskStride + 2 * j + t / 2] >> (t % 2 * 16 + k);
    }
}
