namespace BareBert.Kernels;

/// <summary>Argument checks that all devices share, so that they refuse the same arguments with the same words.</summary>
internal static class Checks
{
    /// <summary>Throws unless the tensor is left out or has the shape.</summary>
    public static void Optional(Tensor tensor, Shape expected, string name)
    {
        if (!tensor.IsNone)
            tensor.Require(expected, name);
    }

    /// <summary>Throws unless the tensor has the rank.</summary>
    public static void Rank(Tensor tensor, int rank, string name)
    {
        if (tensor.IsNone || tensor.Shape.Rank != rank)
            throw new ArgumentException($"{name} is {tensor}, not a tensor of {rank} dimensions");
    }

    /// <summary>Throws unless both tensors have the same shape.</summary>
    public static void Same(Tensor a, Tensor b, string name) => a.Require(b.Shape, name);
}
