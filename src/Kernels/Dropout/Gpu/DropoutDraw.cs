using BareBert.Simt;
using ILGPU;

namespace BareBert.Kernels;

/// <summary>A <see cref="DropoutMask"/> inside a kernel.</summary>
/// <param name="seed">The mask's seed.</param>
/// <param name="step">The optimizer step.</param>
/// <param name="op">Which dropout of the step.</param>
/// <param name="firstRow">Added to the row.</param>
/// <param name="threshold">Half-words below it are dropped; 0: none is drawn.</param>
/// <param name="scale">What kept elements are multiplied by.</param>
internal readonly struct DropoutDraw(ulong seed, uint step, uint op, uint firstRow, uint threshold, float scale)
{
    private readonly ulong _seed = seed;
    private readonly uint _step = step, _op = op, _firstRow = firstRow, _threshold = threshold;
    private readonly float _scale = scale;

    /// <summary>False where nothing is dropped: the same for all threads.</summary>
    public bool IsOn => _threshold != 0;

    /// <summary>The block that decides on columns 128·group + 16·k + lane, k = 0 … 7, of a row.</summary>
    public PhiloxBlock Block(uint row, uint group, uint lane) =>
        Philox.Block(_seed, group * DropoutMask.Lanes + lane, _firstRow + row, _op, _step);

    /// <summary>What the block's k-th column is multiplied by; k is known while compiling.</summary>
    public float Factor(PhiloxBlock block, int k) => Keeps(block, k) ? _scale : 0;

    /// <summary>Whether the block's k-th column is kept; k is known while compiling.</summary>
    public bool Keeps(PhiloxBlock block, int k)
    {
        uint word = k / 2 == 0 ? block.X0 : k / 2 == 1 ? block.X1 : k / 2 == 2 ? block.X2 : block.X3;
        return (k % 2 == 0 ? word & 0xFFFF : word >> 16) >= _threshold;
    }

    /// <summary>Four numbers, those that are not kept zero; scaled, if it is asked for while compiling.</summary>
    public Float4 Dropped(Float4 x, bool keepX, bool keepY, bool keepZ, bool keepW, bool scaled)
    {
        float factor = scaled ? _scale : 1;
        return new Float4(keepX ? x.X * factor : 0, keepY ? x.Y * factor : 0, keepZ ? x.Z * factor : 0, keepW ? x.W * factor : 0);
    }

    /// <summary>Lanes that share the 128 columns of a group by 4·quad … 4·quad + 3, sixteen apart: 32 columns each.</summary>
    public const int QuadLanes = DropoutMask.Lanes / 4;

    /// <summary>The four blocks of such a lane.</summary>
    /// <param name="blocks">Four, in registers; zero where nothing is dropped.</param>
    public void DrawQuad(ArrayView<PhiloxBlock> blocks, uint row, uint group, uint quad)
    {
        for (int i = 0; i < 4; i++)
            blocks[i] = IsOn ? Block(row, group, 4 * quad + (uint)i) : default;
    }

    /// <summary>x times what its four columns, the blocks' k-th, are multiplied by.</summary>
    public Float4 Masked(Float4 x, ArrayView<PhiloxBlock> blocks, int k) => IsOn
        ? new Float4(x.X * Factor(blocks[0], k), x.Y * Factor(blocks[1], k), x.Z * Factor(blocks[2], k), x.W * Factor(blocks[3], k)) : x;
}
