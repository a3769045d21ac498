using BareBert.Simt;

namespace BareBert.Kernels;

/// <summary>Arithmetic on four neighbours of a row at once.</summary>
internal static class Quad
{
    /// <summary>Fours that hold n elements, the last one maybe not full.</summary>
    public static int CountOf(int n) => n / 4 + ((n & 3) + 3) / 4;

    public static Float4 Of(float x) => new(x, x, x, x);

    public static Float4 Add(Float4 a, Float4 b) => new(a.X + b.X, a.Y + b.Y, a.Z + b.Z, a.W + b.W);

    public static Float4 Subtract(Float4 a, float b) => new(a.X - b, a.Y - b, a.Z - b, a.W - b);

    public static Float4 Multiply(Float4 a, Float4 b) => new(a.X * b.X, a.Y * b.Y, a.Z * b.Z, a.W * b.W);

    public static Float4 Scale(Float4 a, float b) => new(a.X * b, a.Y * b, a.Z * b, a.W * b);

    public static float Sum(Float4 a) => a.X + a.Y + (a.Z + a.W);
}
