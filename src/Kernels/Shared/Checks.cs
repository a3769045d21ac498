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

    /// <summary>Throws where offsets that the host can look at do not cut rows into sequences of so many tokens.</summary>
    internal static void Sequences(
        Tensor offsets, int rows, int fewest = 1, int most = int.MaxValue, [CallerArgumentExpression(nameof(offsets))] string name = "")
    {
        if (!offsets.IsOnHost)
            return;
        ReadOnlySpan<int> starts = offsets.Span<int>();
        if (starts.IsEmpty || starts[0] != 0 || starts[^1] != rows)
            throw new ArgumentException(starts.IsEmpty ? $"{name} is empty" : $"{name} run from {starts[0]} to {starts[^1]}, not from 0 to {rows} rows");
        for (int i = 1; i < starts.Length; i++)
        {
            int length = starts[i] - starts[i - 1];
            if (length < fewest || length > most)
                throw new ArgumentException($"sequence {i - 1} of {name} runs from {starts[i - 1]} to {starts[i]}: {length} tokens, not {fewest} to {most}");
        }
    }
}
