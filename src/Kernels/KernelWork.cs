namespace BareBert.Kernels;

/// <summary>What a call must do at least.</summary>
/// <param name="Flops">Floating-point operations of its multiplies; 0 where memory decides how long it takes.</param>
/// <param name="Traffic">Bytes of its operands; vectors beside matrices are left out.</param>
public readonly record struct KernelWork(double Flops, Traffic Traffic);

/// <summary>What an operation must move at least, in bytes.</summary>
/// <param name="Read">Inputs.</param>
/// <param name="Written">Outputs that are overwritten.</param>
/// <param name="Updated">Outputs that are read and written in place, counted once.</param>
public readonly record struct Traffic(double Read, double Written, double Updated)
{
    /// <summary>Bytes that cross the bus.</summary>
    public double Bytes => Read + Written + 2 * Updated;

    /// <summary>Of whole tensors; those that were left out count nothing.</summary>
    public static Traffic Of(ReadOnlySpan<Tensor> read, ReadOnlySpan<Tensor> written = default, ReadOnlySpan<Tensor> updated = default) =>
        new(Sum(read), Sum(written), Sum(updated));

    private static double Sum(ReadOnlySpan<Tensor> tensors)
    {
        double bytes = 0;
        foreach (Tensor tensor in tensors)
            bytes += tensor.IsNone ? 0 : tensor.Bytes;
        return bytes;
    }
}
