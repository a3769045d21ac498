namespace BareBert.Kernels;

public partial interface IDeviceKernels : IKernel<ColumnCopy>, IKernel<ColumnAdd>;

/// <summary>Puts a matrix among the columns of a wider one: y[·, first + j] = x[·, j]. The other columns stay as they are.</summary>
public readonly struct ColumnCopy : IKernelCall<ColumnCopy>
{
    /// <summary>[rows, N], overwritten in part.</summary>
    public required Tensor Y { get; init; }

    /// <summary>[rows, n].</summary>
    public required Tensor X { get; init; }

    /// <summary>Where x begins, from 0 to N − n.</summary>
    public required int First { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => new(0, Traffic.Of([X], [X]));

    /// <inheritdoc/>
    public void Check() => ColumnRange.Check(Y, X, First, nameof(Y), nameof(X));
}

/// <summary>dx[·, j] += dy[·, first + j]: the gradient of <see cref="ColumnCopy"/>.</summary>
public readonly struct ColumnAdd : IKernelCall<ColumnAdd>
{
    /// <summary>[rows, n].</summary>
    public required Tensor DX { get; init; }

    /// <summary>[rows, N].</summary>
    public required Tensor DY { get; init; }

    /// <summary>Where dx begins.</summary>
    public required int First { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => new(0, Traffic.Of([DX], updated: [DX]));

    /// <inheritdoc/>
    public void Check() => ColumnRange.Check(DY, DX, First, nameof(DY), nameof(DX));
}

/// <summary>Checks of columns among others.</summary>
internal static class ColumnRange
{
    public static void Check(Tensor wide, Tensor narrow, int first, string wideName, string narrowName)
    {
        Checks.Rank(wide, 2, wideName);
        Checks.Rank(narrow, 2, narrowName);
        if (narrow.Rows != wide.Rows || first < 0 || first > wide.Cols - narrow.Cols)
            throw new ArgumentException($"{narrowName} is {narrow.Shape}, which does not fit {wideName} {wide.Shape} from column {first} on");
    }
}

public sealed partial class ReferenceKernels<T>
{
    void IKernel<ColumnCopy>.Run(in ColumnCopy call)
    {
        Span<T> y = call.Y.Span<T>(), x = call.X.Span<T>();
        int cols = call.X.Cols;
        for (int i = 0; i < x.Length; i++)
            y[i / cols * call.Y.Cols + call.First + i % cols] = x[i];
    }

    void IKernel<ColumnAdd>.Run(in ColumnAdd call)
    {
        Span<T> dx = call.DX.Span<T>(), dy = call.DY.Span<T>();
        int cols = call.DX.Cols;
        for (int i = 0; i < dx.Length; i++)
            Add(dx, i, Get(dy, i / cols * call.DY.Cols + call.First + i % cols));
    }
}
