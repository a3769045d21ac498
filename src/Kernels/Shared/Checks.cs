using System.Runtime.CompilerServices;

namespace BareBert.Kernels;

/// <summary>Checks of operands' shapes. Messages name the operand as the caller wrote it.</summary>
public static class Checks
{
    /// <summary>Throws unless the tensor has the shape.</summary>
    /// <exception cref="ArgumentException">It has another, or there is no tensor.</exception>
    public static void Has(Tensor tensor, Shape expected, [CallerArgumentExpression(nameof(tensor))] string name = "") => tensor.Require(expected, name);

    /// <summary>Throws unless the tensor is left out or has the shape.</summary>
    /// <exception cref="ArgumentException">It has another.</exception>
    public static void Optional(Tensor tensor, Shape expected, [CallerArgumentExpression(nameof(tensor))] string name = "")
    {
        if (!tensor.IsNone)
            tensor.Require(expected, name);
    }

    /// <summary>Throws unless the tensor has the rank.</summary>
    /// <exception cref="ArgumentException">It has another, or there is no tensor.</exception>
    public static void Rank(Tensor tensor, int rank, [CallerArgumentExpression(nameof(tensor))] string name = "")
    {
        if (tensor.IsNone || tensor.Shape.Rank != rank)
            throw new ArgumentException($"{name} is {tensor}, not a tensor of {rank} dimensions");
    }

    /// <summary>Throws unless the tensor has the shape of another.</summary>
    /// <exception cref="ArgumentException">It has another, or there is no tensor.</exception>
    public static void Same(Tensor tensor, Tensor other, [CallerArgumentExpression(nameof(tensor))] string name = "") =>
        tensor.Require(other.Shape, name);
}
