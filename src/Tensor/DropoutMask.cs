namespace BareBert;

/// <summary>
/// Which elements of a [rows, cols] matrix dropout keeps: a pure function of (seed, step, op, row, column).
/// </summary>
/// <param name="Rate">Share of elements set to zero, in [0, 1); rounded to a multiple of 2⁻¹⁶.</param>
/// <param name="Seed">The run's seed.</param>
/// <param name="Step">The optimizer step.</param>
/// <param name="Op">Which dropout of the step this is, counted in execution order.</param>
/// <param name="FirstRow">
/// Added to the row. A micro-batch that is the second part of a larger batch starts where the first part ended,
/// and so draws the masks that the undivided batch would have drawn.
/// </param>
/// <remarks>
/// One Philox block gives eight 16-bit numbers. Columns are dealt to blocks so that sixteen SIMD lanes, or the lanes of a
/// tensor-core fragment, each own a block: in a group of 128 columns, column 16·k + l takes the k-th half-word of block l.
/// Counter: (16·group + l, row, op, step). Srivastava et al. 2014; kept elements are scaled by 1/(1 − rate).
/// </remarks>
public readonly record struct DropoutMask(double Rate, ulong Seed = 0, uint Step = 0, uint Op = 0, uint FirstRow = 0)
{
    /// <summary>Columns that one row of sixteen blocks covers.</summary>
    public const int GroupCols = 128;

    /// <summary>Blocks, and neighbouring columns, in a group.</summary>
    public const int Lanes = 16;

    /// <summary>No dropout.</summary>
    public static DropoutMask None => default;

    /// <summary>True where nothing is dropped, so no number need be drawn.</summary>
    public bool IsNone => Threshold == 0;

    /// <summary>An element is dropped where its 16-bit number is below this.</summary>
    public uint Threshold => (uint)Math.Round(Rate * 65536);

    /// <summary>What kept elements are multiplied by: 1/(1 − rate), of the rounded rate.</summary>
    public double Scale => 65536.0 / (65536 - Threshold);

    /// <summary>True where the element survives. The definition; devices compute sixteen lanes at a time.</summary>
    public bool Keeps(uint row, uint col)
    {
        uint group = col / GroupCols, k = col / Lanes % 8, lane = col % Lanes;
        uint word = Philox.Block(Seed, group * Lanes + lane, FirstRow + row, Op, Step)[(int)(k / 2)];
        return (k % 2 == 0 ? word & 0xFFFF : word >> 16) >= Threshold;
    }
}
