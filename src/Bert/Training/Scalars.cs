namespace BareBert.Bert.Training;

/// <summary>Numbers that live on a device as tensors of one element.</summary>
internal static class Scalars
{
    /// <summary>Reads a [1] tensor; waits for the device.</summary>
    public static double Read(Tensor scalar)
    {
        Span<double> value = [0];
        Read(scalar, value);
        return value[0];
    }

    /// <summary>Reads a few numbers; waits for the device.</summary>
    public static void Read(Tensor scalars, Span<double> values)
    {
        int count = checked((int)scalars.Count);
        if (scalars.DType == DType.Float64)
        {
            scalars.Download(values[..count]);
            return;
        }
        Span<float> singles = stackalloc float[count];
        scalars.Download(singles);
        for (int i = 0; i < count; i++)
            values[i] = singles[i];
    }
}
