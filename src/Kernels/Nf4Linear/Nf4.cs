namespace BareBert.Kernels;

/// <summary>
/// 4-bit NormalFloat: a matrix in blocks of 64 elements, each an index into 16 fixed levels times its block's scale, which
/// is itself kept in 8 bits. 4.13 bits an element.
/// </summary>
/// <remarks>
/// Dettmers et al. 2023, arXiv:2305.14314: the levels are quantiles of a normal distribution, with an exact zero. Blocks run
/// through the matrix row by row. The scales, less their mean, are in turn quantised in groups of 256 blocks; here as
/// signed squares of integers of −127 to 127, where the paper has 8-bit floats: both are fine near the mean, where most scales lie.
/// </remarks>
public static class Nf4
{
    /// <summary>Elements that share a scale.</summary>
    public const int Block = 64;

    /// <summary>Blocks whose scales share a scale.</summary>
    public const int Group = 256;

    private const int LargestScaleCode = 127;
    private const float LargestStep = LargestScaleCode * LargestScaleCode;

    private static readonly float[] Table =
    [
        -1.0f, -0.6961928009986877f, -0.5250730514526367f, -0.39491748809814453f, -0.28444138169288635f, -0.18477343022823334f,
        -0.09105003625154495f, 0.0f, 0.07958029955625534f, 0.16093020141124725f, 0.24611230194568634f, 0.33791524171829224f,
        0.44070982933044434f, 0.5626170039176941f, 0.7229568362236023f, 1.0f,
    ];

    /// <summary>The 16 levels, from −1 to 1.</summary>
    public static ReadOnlySpan<float> Levels => Table;

    /// <summary>Ints that hold the codes of so many elements, eight in each.</summary>
    public static int CodeInts(long elements) => checked((int)((elements + 7) / 8));

    /// <summary>Blocks of so many elements.</summary>
    public static int Blocks(long elements) => checked((int)((elements + Block - 1) / Block));

    /// <summary>Ints that hold the scales' codes, four in each.</summary>
    public static int ScaleInts(long elements) => (Blocks(elements) + 3) / 4;

    /// <summary>Groups of the blocks of so many elements.</summary>
    public static int Groups(long elements) => (Blocks(elements) + Group - 1) / Group;

    /// <summary>Quantises values.</summary>
    /// <param name="values">[n] finite numbers.</param>
    /// <param name="codes">[<see cref="CodeInts"/>], overwritten.</param>
    /// <param name="scaleCodes">[<see cref="ScaleInts"/>], overwritten.</param>
    /// <param name="groupScales">[<see cref="Groups"/> + 1], overwritten; the last is the scales' mean.</param>
    public static void Quantize(ReadOnlySpan<float> values, Span<int> codes, Span<int> scaleCodes, Span<float> groupScales)
    {
        codes.Clear();
        var scales = new float[Blocks(values.Length)];
        for (int block = 0; block < scales.Length; block++)
        {
            int start = block * Block;
            ReadOnlySpan<float> part = values.Slice(start, Math.Min(Block, values.Length - start));
            foreach (float value in part)
                scales[block] = Math.Max(scales[block], Math.Abs(value));
            for (int i = 0; i < part.Length; i++)
                codes[(start + i) / 8] |= Nearest(scales[block] == 0 ? 0 : part[i] / scales[block]) << (start + i) % 8 * 4;
        }
        QuantizeScales(scales, scaleCodes, groupScales);
    }

    /// <summary>The scale of a block.</summary>
    public static float ScaleOf(ReadOnlySpan<int> scaleCodes, ReadOnlySpan<float> groupScales, int block) =>
        ScaleOf((scaleCodes[block / 4] >> block % 4 * 8 & 0xFF) - 128, groupScales[^1], groupScales[block / Group]);

    /// <summary>The level of an element, between −1 and 1.</summary>
    public static float LevelOf(ReadOnlySpan<int> codes, long element) => Table[codes[(int)(element / 8)] >> (int)(element % 8) * 4 & 15];

    private static void QuantizeScales(float[] scales, Span<int> codes, Span<float> groupScales)
    {
        codes.Clear();
        float mean = scales.Length == 0 ? 0 : (float)scales.Average(s => (double)s);
        groupScales[^1] = mean;
        for (int block = 0; block < scales.Length; block++)
        {
            if (block % Group == 0)
                groupScales[block / Group] = scales.Skip(block).Take(Group).Max(s => Math.Abs(s - mean)) / LargestStep;
            codes[block / 4] |= CodeOf(scales[block], mean, groupScales[block / Group]) + 128 << block % 4 * 8;
        }
    }

    // As near as can be, but no scale of 0 or less for elements that are not 0: their signs would turn.
    private static int CodeOf(float scale, float mean, float step)
    {
        if (step == 0)
            return 0;
        float deviation = scale - mean;
        int code = Math.Clamp(Math.Sign(deviation) * (int)MathF.Sqrt(Math.Abs(deviation) / step), -LargestScaleCode, LargestScaleCode), next = code + Math.Sign(deviation);
        if (Math.Abs(next) <= LargestScaleCode && Math.Abs(ScaleOf(next, mean, step) - scale) < Math.Abs(ScaleOf(code, mean, step) - scale))
            code = next;
        while (scale > 0 && code < 0 && ScaleOf(code, mean, step) <= 0)
            code++;
        return code;
    }

    private static float ScaleOf(int code, float mean, float step) => mean + step * (code * Math.Abs(code));

    private static int Nearest(float value)
    {
        int best = 0;
        for (int i = 1; i < Table.Length; i++)
        {
            if (Math.Abs(value - Table[i]) < Math.Abs(value - Table[best]))
                best = i;
        }
        return best;
    }
}

/// <summary>A matrix in <see cref="Nf4"/> on a device.</summary>
/// <param name="N">Rows.</param>
/// <param name="K">Columns.</param>
/// <param name="Codes">[<see cref="Nf4.CodeInts"/>], Int32: eight elements in each, the first in the lowest bits.</param>
/// <param name="ScaleCodes">[<see cref="Nf4.ScaleInts"/>], Int32: four blocks' scales in each.</param>
/// <param name="GroupScales">[<see cref="Nf4.Groups"/> + 1], Float32; the last is the scales' mean.</param>
public readonly record struct Nf4Matrix(int N, int K, Tensor Codes, Tensor ScaleCodes, Tensor GroupScales)
{
    /// <summary>Bytes on the device.</summary>
    public long Bytes => Codes.Bytes + ScaleCodes.Bytes + GroupScales.Bytes;

    internal void Check()
    {
        long elements = (long)N * K;
        Checks.Has(Codes, new Shape(Nf4.CodeInts(elements)));
        Checks.Has(ScaleCodes, new Shape(Nf4.ScaleInts(elements)));
        Checks.Has(GroupScales, new Shape(Nf4.Groups(elements) + 1));
    }

    // For counting their bytes.
    internal ReadOnlySpan<Tensor> Parts => (Tensor[])[Codes, ScaleCodes, GroupScales];

    /// <summary>Quantises a matrix and uploads it.</summary>
    /// <param name="arena">Where it is to lie.</param>
    /// <param name="values">[n, k] finite numbers.</param>
    /// <param name="n">Rows.</param>
    /// <param name="k">Columns.</param>
    public static Nf4Matrix Quantize(Arena arena, ReadOnlySpan<float> values, int n, int k)
    {
        Nf4Matrix matrix = Allocate(arena, n, k);
        matrix.Set(values);
        return matrix;
    }

    /// <summary>Makes room for a matrix.</summary>
    public static Nf4Matrix Allocate(Arena arena, int n, int k)
    {
        long elements = (long)n * k;
        return new Nf4Matrix(n, k, arena.Zeros(new Shape(Nf4.CodeInts(elements)), DType.Int32),
            arena.Zeros(new Shape(Nf4.ScaleInts(elements)), DType.Int32), arena.Zeros(new Shape(Nf4.Groups(elements) + 1)));
    }

    /// <summary>Quantises values into the matrix.</summary>
    /// <param name="values">[N, K].</param>
    public void Set(ReadOnlySpan<float> values)
    {
        int[] codes = new int[Codes.Count], scaleCodes = new int[ScaleCodes.Count];
        float[] groupScales = new float[GroupScales.Count];
        Nf4.Quantize(values, codes, scaleCodes, groupScales);
        Codes.Upload<int>(codes);
        ScaleCodes.Upload<int>(scaleCodes);
        GroupScales.Upload<float>(groupScales);
    }

    /// <summary>The values that the codes stand for.</summary>
    /// <returns>[N, K].</returns>
    public float[] Dequantize()
    {
        int[] codes = Codes.ToArray<int>(), scaleCodes = ScaleCodes.ToArray<int>();
        float[] groupScales = GroupScales.ToArray<float>(), values = new float[(long)N * K];
        for (int i = 0; i < values.Length; i++)
            values[i] = Nf4.LevelOf(codes, i) * Nf4.ScaleOf(scaleCodes, groupScales, i / Nf4.Block);
        return values;
    }
}
