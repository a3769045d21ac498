using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace BareBert.Kernels;

/// <summary>
/// Rows [rows, columns], stride floats apart, that are read some time from now: they are fetched into level 2 a few lines at a time,
/// so that the processor has its requests under way while it computes.
/// </summary>
internal unsafe struct FetchAhead(float* source, nint stride, nint rows, nint columns)
{
    private readonly nint _stride = stride, _linesPerRow = LinesOf(columns);
    private float* _row = source;
    private nint _line;
    private nint _left = rows * LinesOf(columns);
    private nint _share;

    /// <summary>The same, fetched in so many equal shares.</summary>
    public readonly FetchAhead InShares(nint shares)
    {
        FetchAhead result = this;
        result._share = GemmPlan.Ceiling(_left, shares);
        return result;
    }

    /// <summary>Fetches the next share.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Fetch()
    {
        if (!Sse.IsSupported || _left <= 0)
            return;
        for (nint count = _share; count > 0; count--)
        {
            Sse.Prefetch1(_row + _line * Prefetch.Line);
            if (++_line < _linesPerRow)
                continue;
            _line = 0;
            _row += _stride;
        }
        _left -= _share;
    }

    // One more than a row has where it begins with a line.
    private static nint LinesOf(nint columns) => columns / Prefetch.Line + 1;
}
