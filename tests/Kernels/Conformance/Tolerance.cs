namespace BareBert.Tests;

/// <summary>How far a device may be from Reference: |error| ≤ Relative·|expected| + Absolute.</summary>
public readonly record struct Tolerance(double Relative, double Absolute)
{
    /// <summary>The same number: copies, masks, indices.</summary>
    public static Tolerance Exact => new(0, 0);

    /// <summary>A few roundings in single precision of numbers around 1.</summary>
    public static Tolerance Elementwise => new(6e-7, 4e-7);

    /// <summary>A function or its derivative, times a number around 1.</summary>
    public static Tolerance Derivative => new(2e-6, 2e-6);

    /// <summary>A sum of n products of numbers around 1, in any fixed order in single precision: one after the other at worst.</summary>
    public static Tolerance Sum(int n) => new(1e-6, 1e-6 * Math.Sqrt(n) + 4e-8 * n + 4e-7);

    /// <summary>Two such sums, one taken of the results of the other.</summary>
    public static Tolerance Sums(int n, int m) => new(4e-6, 1e-6 * (Math.Sqrt(n) + Math.Sqrt(m)) + 1e-6);

    /// <summary>Normalised values: a subtraction of numbers around 1, divided by a spread that may be small.</summary>
    public static Tolerance Normalised => new(4e-6, 4e-6);

    public double Allows(double expected) => Relative * Math.Abs(expected) + Absolute;
}
