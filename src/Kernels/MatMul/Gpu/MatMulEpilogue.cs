using BareBert.Simt;
using ILGPU;

namespace BareBert.Kernels;

/// <summary>What becomes of a sum when it is stored: c ← f(sum + bias), or c += sum.</summary>
internal static class MatMulEpilogue
{
    /// <param name="c">[M, N].</param>
    /// <param name="bias">[N], or nothing.</param>
    /// <param name="preActivation">As c, takes sum + bias; or nothing.</param>
    /// <param name="at">The element's place in c.</param>
    /// <param name="col">Its column.</param>
    public static void Store<TActivation>(
        ArrayView<float> c, ArrayView<float> bias, ArrayView<float> preActivation, int at, int col, float sum, int accumulate)
        where TActivation : IGpuActivation
    {
        if (bias.Length > 0)
            sum += bias[col];
        if (accumulate != 0)
            sum += c[at];
        if (preActivation.Length > 0)
            preActivation[at] = sum;
        c[at] = TActivation.Value(sum);
    }

    /// <summary>Four neighbours of a row, in 16-byte accesses where the row goes on that far; at is a multiple of 4.</summary>
    public static void Store4<TActivation>(
        ArrayView<float> c, ArrayView<float> bias, ArrayView<float> preActivation, int at, int col, int n, Float4 sum, int accumulate)
        where TActivation : IGpuActivation
    {
        if (col + 3 < n)
        {
            if (bias.Length > 0)
                sum = new Float4(sum.X + bias[col], sum.Y + bias[col + 1], sum.Z + bias[col + 2], sum.W + bias[col + 3]);
            if (accumulate != 0)
            {
                Float4 old = c.AsFloat4()[at / 4];
                sum = new Float4(sum.X + old.X, sum.Y + old.Y, sum.Z + old.Z, sum.W + old.W);
            }
            if (preActivation.Length > 0)
                preActivation.AsFloat4()[at / 4] = sum;
            c.AsFloat4()[at / 4] = new Float4(
                TActivation.Value(sum.X), TActivation.Value(sum.Y), TActivation.Value(sum.Z), TActivation.Value(sum.W));
            return;
        }
        if (col < n)
            Store<TActivation>(c, bias, preActivation, at, col, sum.X, accumulate);
        if (col + 1 < n)
            Store<TActivation>(c, bias, preActivation, at + 1, col + 1, sum.Y, accumulate);
        if (col + 2 < n)
            Store<TActivation>(c, bias, preActivation, at + 2, col + 2, sum.Z, accumulate);
    }
}
