namespace BareBert.Bert.Inference;

/// <summary>What a model gives must be numbers before anything is made of it.</summary>
internal static class FiniteValues
{
    /// <summary>A tensor's values on the host.</summary>
    /// <param name="tensor">On the device.</param>
    /// <param name="what">What they are, for the message.</param>
    /// <exception cref="RunException">One is NaN or infinite.</exception>
    public static float[] Of(Tensor tensor, string what)
    {
        float[] values = tensor.ToArray<float>();
        Require(values, what);
        return values;
    }

    /// <summary>The same for a look at them while the step lasts: where the device's memory is the host's nothing is copied.</summary>
    /// <inheritdoc cref="Of(Tensor, string)"/>
    public static ReadOnlySpan<float> Look(Tensor tensor, string what)
    {
        ReadOnlySpan<float> values = tensor.IsOnHost ? tensor.Span<float>() : tensor.ToArray<float>();
        Require(values, what);
        return values;
    }

    /// <summary>A sum that must be a number.</summary>
    /// <exception cref="RunException">It is NaN or infinite.</exception>
    public static double Of(double value, string what) => double.IsFinite(value) ? value : throw NotFinite(what, value);

    private static void Require(ReadOnlySpan<float> values, string what)
    {
        int wrong = FiniteFloats.IndexOfOther(values);
        if (wrong >= 0)
            throw NotFinite(what, values[wrong]);
    }

    private static RunException NotFinite(string what, double value) => new(
        $"the model gives no numbers: {what} hold {(double.IsNaN(value) ? "NaN" : "infinity")}: its weights are too large for float32 arithmetic; use another checkpoint, or `Precision` fp32");
}
