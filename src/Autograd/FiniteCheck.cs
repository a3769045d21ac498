namespace BareBert.Autograd;

/// <summary>An op computed NaN or infinity.</summary>
public sealed class NonFiniteException(string op, string what)
    : Exception($"the {what} of {op} is not a finite number")
{
    /// <summary>The op's name.</summary>
    public string Op { get; } = op;
}

/// <summary>Looks for values that are not finite numbers.</summary>
public static class FiniteCheck
{
    /// <summary>Throws where the tensor holds NaN or infinity.</summary>
    /// <param name="tensor">Float32 or Float64; copied to the host.</param>
    /// <param name="op">What computed it.</param>
    /// <param name="what">"output" or "gradient".</param>
    public static void Require(Tensor tensor, string op, string what)
    {
        bool finite = tensor.DType switch
        {
            DType.Float32 => tensor.ToArray<float>().All(float.IsFinite),
            DType.Float64 => tensor.ToArray<double>().All(double.IsFinite),
            _ => true,
        };
        if (!finite)
            throw new NonFiniteException(op, what);
    }
}
