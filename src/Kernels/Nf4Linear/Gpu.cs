using ILGPU;

namespace BareBert.Kernels;

public sealed partial class GpuKernels
{
    void IKernel<Nf4LinearForward>.Run(in Nf4LinearForward call)
    {
        Nf4Matrix weight = call.Weight;
        int rows = call.X.Rows;
        LaunchElements(Nf4Kernels.Forward, (long)rows * weight.N, Floats(call.Y), Floats(call.X), Ints(weight.Codes), Ints(weight.ScaleCodes),
            Floats(weight.GroupScales), Floats(call.Bias.IsNone ? call.Y : call.Bias), rows, weight.N, weight.K, call.Bias.IsNone ? 0 : 1);
    }

    void IKernel<Nf4LinearBackward>.Run(in Nf4LinearBackward call)
    {
        Nf4Matrix weight = call.Weight;
        int rows = call.DX.Rows;
        LaunchElements(Nf4Kernels.Backward, (long)rows * weight.K, Floats(call.DX), Floats(call.DY), Ints(weight.Codes), Ints(weight.ScaleCodes),
            Floats(weight.GroupScales), rows, weight.N, weight.K);
    }
}

/// <summary>Multiplies by a weight that is in 4 bits: an element is dequantised where it is used, into a register.</summary>
internal static class Nf4Kernels
{
    /// <summary>y = x·weightᵀ + bias. A thread computes one element.</summary>
    /// <param name="y">[rows, n].</param>
    /// <param name="x">[rows, k].</param>
    /// <param name="codes">Eight elements' codes in each.</param>
    /// <param name="scaleCodes">Four blocks' scale codes in each.</param>
    /// <param name="groupScales">[groups + 1], the last the scales' mean.</param>
    /// <param name="bias">[n]; not read where hasBias is 0.</param>
    [GpuKernel]
    public static void Forward(
        ArrayView<float> y, ArrayView<float> x, ArrayView<int> codes, ArrayView<int> scaleCodes, ArrayView<float> groupScales,
        ArrayView<float> bias, int rows, int n, int k, int hasBias)
    {
        int element = Grid.IdxX * Group.DimX + Group.IdxX;
        if (element >= rows * n)
            return;
        int row = element / n, col = element % n;
        float sum = hasBias != 0 ? bias[col] : 0;
        for (int start = 0; start < k; start += Nf4.Block)
        {
            // A block's sum apart: the rounding grows with the number of blocks, not of elements.
            float part = 0;
            int end = start + Nf4.Block < k ? start + Nf4.Block : k;
            for (int i = start; i < end; i++)
                part += x[row * k + i] * Weight(codes, scaleCodes, groupScales, col * k + i);
            sum += part;
        }
        y[element] = sum;
    }

    /// <summary>dx += dy·weight. A thread computes one element.</summary>
    /// <param name="dx">[rows, k].</param>
    /// <param name="dy">[rows, n].</param>
    /// <param name="codes">As in <see cref="Forward"/>.</param>
    /// <param name="scaleCodes">As in <see cref="Forward"/>.</param>
    /// <param name="groupScales">As in <see cref="Forward"/>.</param>
    [GpuKernel]
    public static void Backward(
        ArrayView<float> dx, ArrayView<float> dy, ArrayView<int> codes, ArrayView<int> scaleCodes, ArrayView<float> groupScales,
        int rows, int n, int k)
    {
        int element = Grid.IdxX * Group.DimX + Group.IdxX;
        if (element >= rows * k)
            return;
        int row = element / k, col = element % k;
        float sum = 0;
        for (int i = 0; i < n; i++)
            sum += dy[row * n + i] * Weight(codes, scaleCodes, groupScales, i * k + col);
        dx[element] += sum;
    }

    private static float Weight(ArrayView<int> codes, ArrayView<int> scaleCodes, ArrayView<float> groupScales, int element)
    {
        int block = element / Nf4.Block;
        int scaleCode = ((scaleCodes[block / 4] >> block % 4 * 8) & 0xFF) - 128;
        float scale = groupScales[groupScales.IntLength - 1] + groupScales[block / Nf4.Group] * (scaleCode < 0 ? -scaleCode * scaleCode : scaleCode * scaleCode);
        return Level((codes[element / 8] >> element % 8 * 4) & 15) * scale;
    }

    // Nf4.Levels as selections, which cost less than a table in memory.
    private static float Level(int code)
    {
        switch (code)
        {
            case 0: return -1.0f;
            case 1: return -0.6961928009986877f;
            case 2: return -0.5250730514526367f;
            case 3: return -0.39491748809814453f;
            case 4: return -0.28444138169288635f;
            case 5: return -0.18477343022823334f;
            case 6: return -0.09105003625154495f;
            case 7: return 0;
            case 8: return 0.07958029955625534f;
            case 9: return 0.16093020141124725f;
            case 10: return 0.24611230194568634f;
            case 11: return 0.33791524171829224f;
            case 12: return 0.44070982933044434f;
            case 13: return 0.5626170039176941f;
            case 14: return 0.7229568362236023f;
            default: return 1;
        }
    }
}
