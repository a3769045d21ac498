using BareBert.Simt;
using ILGPU;

namespace BareBert.Kernels;

/// <summary>
/// An operand of a multiply in bfloat16: [outers, ks] with k contiguous whichever way the original lies, both padded with zeros to
/// multiples of a tile. So one kernel serves all transposes and shapes, and reads half the bytes in each of its passes.
/// </summary>
internal static class Bf16Panel
{
    /// <summary>ks are padded to a multiple of this, outers to one of the tile that reads them.</summary>
    public const int Ks = 32;

    /// <summary>Threads of a group, which packs 32 outers by 64 ks.</summary>
    public const int Threads = 256;

    /// <summary>Outers and ks of a group.</summary>
    public const int TileOuters = 32, TileKs = 64;

    private const int Stride = TileKs + 1;

    /// <summary>The size with its padding.</summary>
    public static int Padded(int size, int multiple) => (size + multiple - 1) / multiple * multiple;

    /// <summary>packed ← x, a pair of neighbours in k to a word.</summary>
    /// <param name="packed">[batch, paddedOuters, paddedK / 2] words.</param>
    /// <param name="x">[batch, outers, k] or [batch, k, outers], as the layout says.</param>
    [GpuKernel(GroupSize = Threads)]
    public static void Pack<TLayout>(
        ArrayView<uint> packed, ArrayView<float> x, int outers, int k, int ld, long strideX, int paddedOuters, int paddedK) where TLayout : IOperandLayout
    {
        ArrayView<float> tile = SharedMemory.Allocate<float>(TileOuters * Stride); // [outer][k]
        int firstOuter = Grid.IdxY * TileOuters, firstK = Grid.IdxX * TileKs;
        x = x.SubView(Grid.IdxZ * strideX);
        for (int part = 0; part < TileOuters * TileKs / Threads; part++)
        {
            int e = part * Threads + Group.IdxX;
            int outer = TLayout.KContiguous ? e / TileKs : e % TileOuters, i = TLayout.KContiguous ? e % TileKs : e / TileOuters;
            bool inside = firstOuter + outer < outers && firstK + i < k;
            tile[outer * Stride + i] = inside ? x[TLayout.At(firstOuter + outer, firstK + i, ld)] : 0;
        }
        Group.Barrier();
        packed = packed.SubView((long)Grid.IdxZ * paddedOuters * (paddedK / 2));
        for (int part = 0; part < TileOuters * TileKs / 2 / Threads; part++)
        {
            int e = part * Threads + Group.IdxX, outer = e / (TileKs / 2), pair = e % (TileKs / 2);
            if (firstK + 2 * pair < paddedK)
                packed[(firstOuter + outer) * (paddedK / 2) + firstK / 2 + pair] = Bf16.Pack(tile[outer * Stride + 2 * pair], tile[outer * Stride + 2 * pair + 1]);
        }
    }
}
