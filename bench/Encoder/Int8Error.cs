namespace BareBert.Bench;

/// <summary>How far an encoder in bytes may be from one in float32.</summary>
internal static class Int8Error
{
    // Of values near 1. Rounding to bytes moves each a little, and all of them together by their root mean square.
    private const double Tolerance = 0.1;

    /// <summary>Throws unless the values are about the same.</summary>
    /// <param name="name">Whose values.</param>
    /// <param name="values">In bytes.</param>
    /// <param name="plain">In float32.</param>
    /// <exception cref="InvalidOperationException">They are not.</exception>
    public static void Check(string name, ReadOnlySpan<float> values, ReadOnlySpan<float> plain)
    {
        double sum = 0;
        for (int i = 0; i < plain.Length; i++)
            sum += (double)(values[i] - plain[i]) * (values[i] - plain[i]);
        double error = Math.Sqrt(sum / plain.Length);
        if (!(error <= Tolerance))
            throw new InvalidOperationException($"{name}: differs from float32 by {error} in the root mean square");
    }
}
