using System.Runtime.Intrinsics;

namespace BareBert.Simt;

/// <summary>What needs all 32 lanes: the mask in the instruction names them, so they must all be there.</summary>
internal abstract class ConvergedInstruction : StraightInstruction
{
    protected sealed override void Apply(EmulatedWarp warp, uint mask)
    {
        if (mask != uint.MaxValue)
            throw warp.Fault(this, EmulatedWarp.First(mask), $"needs all 32 lanes of the warp, but lane {EmulatedWarp.First(~mask)} is not here");
        Apply(warp);
    }

    protected abstract void Apply(EmulatedWarp warp);
}

/// <summary>shfl.sync: reads another lane's register.</summary>
internal sealed unsafe class ShuffleInstruction(string mode, int d, Source a, Source lane, Source clamp) : ConvergedInstruction
{
    protected override void Apply(EmulatedWarp warp)
    {
        uint* source = (uint*)warp.At(a), result = (uint*)warp.At(d);
        uint* by = (uint*)warp.At(lane), control = (uint*)warp.At(clamp);
        for (int i = 0; i < EmulatedWarp.Lanes; i++)
        {
            // PTX ISA, shfl.sync: bits 8..12 of c say which bits of the lane number are fixed, bits 0..4 where lanes end.
            int segment = (int)(control[i] >> 8 & 31), end = (int)(control[i] & 31), distance = (int)(by[i] & 31);
            int last = i & segment | end & ~segment, first = i & segment;
            (int from, bool inside) = mode switch
            {
                "up" => (i - distance, i - distance >= last),
                "down" => (i + distance, i + distance <= last),
                "bfly" => (i ^ distance, (i ^ distance) <= last),
                _ => (first | distance & ~segment, (first | distance & ~segment) <= last),
            };
            result[i] = source[inside ? from : i];
        }
    }
}

/// <summary>vote.sync: any, all or ballot.</summary>
internal sealed unsafe class VoteInstruction(string mode, int d, int predicate, bool negated) : ConvergedInstruction
{
    protected override void Apply(EmulatedWarp warp)
    {
        uint votes = negated ? ~warp.Predicates[predicate] : warp.Predicates[predicate];
        if (mode == "ballot")
            new Span<uint>(warp.At(d), EmulatedWarp.Lanes).Fill(votes);
        else
            warp.Predicates[d] = (mode == "any" ? votes != 0 : votes == uint.MaxValue) ? uint.MaxValue : 0;
    }
}

/// <summary>ldmatrix: 8x8 matrices of 16-bit elements, a row from each lane's address, spread over the warp.</summary>
internal sealed unsafe class LoadMatrixInstruction(int[] targets, Source address, long offset, bool transposed)
    : MemoryInstruction(AddressSpace.Shared, address, offset)
{
    private const int RowBytes = 16;

    protected override void Apply(EmulatedWarp warp, uint mask)
    {
        if (mask != uint.MaxValue)
            throw warp.Fault(this, EmulatedWarp.First(mask), $"needs all 32 lanes of the warp, but lane {EmulatedWarp.First(~mask)} is not here");
        ushort** rows = stackalloc ushort*[8];
        for (int matrix = 0; matrix < targets.Length; matrix++)
        {
            CountConflicts(warp, 0xFFu << 8 * matrix, RowBytes);
            for (int row = 0; row < 8; row++)
                rows[row] = (ushort*)Resolve(warp, 8 * matrix + row, RowBytes, isWrite: false);
            var result = (uint*)warp.At(targets[matrix]);
            for (int lane = 0; lane < EmulatedWarp.Lanes; lane++)
            {
                (int r, int c) = (lane / 4, 2 * (lane % 4));
                result[lane] = transposed ? rows[c][r] | (uint)rows[c + 1][r] << 16 : rows[r][c] | (uint)rows[r][c + 1] << 16;
            }
        }
    }
}

/// <summary>mma.sync m16n8k8 (TF32) and m16n8k16 (bfloat16): the lanes' fragments put together, multiplied and taken apart.</summary>
internal sealed unsafe class MultiplyMatrixInstruction(int[] d, Source[] a, Source[] b, Source[] c, bool isBf16) : ConvergedInstruction
{
    private const int Rows = 16, Columns = 8;

    protected override void Apply(EmulatedWarp warp)
    {
        int depth = isBf16 ? 16 : 8;
        float* left = stackalloc float[Rows * depth], right = stackalloc float[depth * Columns], sums = stackalloc float[Rows * Columns];
        for (int lane = 0; lane < EmulatedWarp.Lanes; lane++)
        {
            (int g, int t) = (lane / 4, lane % 4);
            for (int i = 0; i < 4; i++)
            {
                int row = g + 8 * (i % 2), half = i / 2;
                Spread(((uint*)warp.At(a[i]))[lane], left + row * depth, 1, t, half);
                sums[(g + 8 * half) * Columns + 2 * t + i % 2] = ((float*)warp.At(c[i]))[lane];
            }
            for (int i = 0; i < 2; i++)
                Spread(((uint*)warp.At(b[i]))[lane], right + g, Columns, t, i);
        }
        for (int row = 0; row < Rows; row++)
        {
            Vector256<float> sum = Vector256.Load(sums + row * Columns);
            for (int k = 0; k < depth; k++)
                sum = Vector256.FusedMultiplyAdd(Vector256.Create(left[row * depth + k]), Vector256.Load(right + k * Columns), sum);
            sum.Store(sums + row * Columns);
        }
        for (int lane = 0; lane < EmulatedWarp.Lanes; lane++)
            for (int i = 0; i < 4; i++)
                ((float*)warp.At(d[i]))[lane] = sums[(lane / 4 + 8 * (i / 2)) * Columns + 2 * (lane % 4) + i % 2];
    }

    /// <summary>Puts a fragment word's one (TF32) or two (bf16) elements where they belong along k.</summary>
    private void Spread(uint word, float* line, int stride, int t, int half)
    {
        if (isBf16)
        {
            line[(2 * t + 8 * half) * stride] = BitConverter.UInt32BitsToSingle(word << 16);
            line[(2 * t + 8 * half + 1) * stride] = BitConverter.UInt32BitsToSingle(word & 0xFFFF0000);
        }
        else
        {
            // The hardware looks at the upper 19 bits only.
            line[(t + 4 * half) * stride] = BitConverter.UInt32BitsToSingle(word & 0xFFFFE000);
        }
    }
}
