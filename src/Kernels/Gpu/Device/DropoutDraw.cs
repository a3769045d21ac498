using BareBert.Simt;

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
    public float Factor(PhiloxBlock block, int k)
    {
        uint word = k / 2 == 0 ? block.X0 : k / 2 == 1 ? block.X1 : k / 2 == 2 ? block.X2 : block.X3;
        return (k % 2 == 0 ? word & 0xFFFF : word >> 16) >= _threshold ? _scale : 0;
    }
}
