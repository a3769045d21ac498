using BareBert.Simt;
using ILGPU;
using ILGPU.Algorithms;

namespace BareBert.Tests;

/// <summary>Kernels about what threads do together: barriers, shuffles, votes, atomics, shared memory of both kinds, tensor cores.</summary>
public static class SimtKernels
{
    /// <summary>Sums a group's 256 values by a tree in shared memory.</summary>
    public static void TreeSum(ArrayView<int> x, ArrayView<int> sums)
    {
        ArrayView<int> shared = SharedMemory.Allocate<int>(256);
        int t = Group.IdxX;
        shared[t] = x[Grid.IdxX * 256 + t];
        for (int half = 128; half > 0; half /= 2)
        {
            Group.Barrier();
            if (t < half)
                shared[t] += shared[t + half];
        }
        if (t == 0)
            sums[Grid.IdxX] = shared[0];
    }

    /// <summary>The same with dynamic shared memory and a loop the compiler cannot unroll.</summary>
    public static void TreeSumDynamic(ArrayView<int> x, ArrayView<int> sums)
    {
        ArrayView<int> shared = SharedMemory.GetDynamic<int>();
        int t = Group.IdxX;
        shared[t] = x[Grid.IdxX * Group.DimX + t];
        for (int half = shared.IntLength / 2; half > 0; half /= 2)
        {
            Group.Barrier();
            if (t < half)
                shared[t] += shared[t + half];
        }
        if (t == 0)
            sums[Grid.IdxX] = shared[0];
    }

    /// <summary>Views of registers, memory and shared memory that are local to the rounds of a loop the compiler cannot unroll.</summary>
    public static void ViewsInRounds(ArrayView<int> x, ArrayView<int> sums, int rounds)
    {
        ArrayView<int> shared = SharedMemory.Allocate<int>(8), registers = LocalMemory.Allocate<int>(4);
        for (int i = 0; i < 4; i++)
            registers[i] = i;
        int sum = 0;
        for (int round = 0; round < rounds; round++)
        {
            ArrayView<int> half = registers.SubView(2), view = x.SubView(round);
            half[1] += view[0];
            sum += half[0] * half[1] + view[1];
            view = shared.SubView(round % 8);
            view[0] = sum;
            sum -= DeviceMath.Divide(view[0], 2);
        }
        sums[0] = sum;
    }

    /// <summary>One word for each kind of shuffle.</summary>
    public static void Shuffles(ArrayView<int> x, ArrayView<int> y, ArrayView<double> z, int width)
    {
        int lane = Warp.LaneIdx, v = x[lane];
        y[lane] = Warp.Shuffle(v, 31 - lane);
        y[32 + lane] = Warp.ShuffleDown(v, 3);
        y[64 + lane] = Warp.ShuffleUp(v, 5);
        y[96 + lane] = Warp.ShuffleXor(v, 9);
        y[128 + lane] = Warp.ShuffleDown(v, 2, 8);
        y[160 + lane] = Warp.ShuffleUp(v, 1, width);
        y[192 + lane] = Warp.Shuffle(v, 1, width);
        y[224 + lane] = Warp.ShuffleXor(v, 16, 16);
        y[256 + lane] = Warp.Broadcast(v, 7);
        z[lane] = Warp.ShuffleDown((double)v, 1);
    }

    public static void Votes(ArrayView<int> x, ArrayView<int> y)
    {
        int lane = Warp.LaneIdx;
        bool odd = (x[lane] & 1) != 0;
        y[lane] = (int)WarpVote.Ballot(odd);
        y[32 + lane] = WarpVote.Any(odd) ? 1 : 0;
        y[64 + lane] = WarpVote.All(!odd) ? 1 : 0;
    }

    public static void BarrierVotes(ArrayView<int> x, ArrayView<int> y)
    {
        int t = Group.IdxX;
        bool positive = x[t] > 0;
        int count = Group.BarrierPopCount(positive);
        bool all = Group.BarrierAnd(positive), any = Group.BarrierOr(!positive);
        y[t] = count * 4 + (all ? 2 : 0) + (any ? 1 : 0);
    }

    /// <summary>Lanes go different ways, loop for different times, and meet again.</summary>
    public static void Divergence(ArrayView<int> x, ArrayView<int> y)
    {
        int i = Grid.GlobalLinearIndex, v = x[i], sum = 0;
        for (int k = 0; k < (v & 15); k++)
        {
            if (((v >> k) & 1) == 0)
                continue;
            if (k == 9)
                break;
            sum += k % 3 == 0 ? v : -k;
        }
        switch (v & 3)
        {
            case 0: sum *= 3; break;
            case 1: while (sum > 10) sum = DeviceMath.Divide(sum, 2); break;
            case 3: if (sum < 0) return; break;
        }
        y[i] = sum + Warp.WarpSize;
    }

    public static void Histogram(ArrayView<int> x, ArrayView<int> counts, ArrayView<float> total, ArrayView<long> bounds)
    {
        ArrayView<int> local = SharedMemory.Allocate<int>(16);
        int t = Group.IdxX, v = x[Grid.IdxX * Group.DimX + t];
        if (t < 16)
            local[t] = 0;
        Group.Barrier();
        Atomic.Add(ref local[v & 15], 1);
        Group.Barrier();
        if (t < 16)
            Atomic.Add(ref counts[t], local[t]);
        Atomic.Add(ref total[0], 0.5f);
        Atomic.Max(ref total[1], v * 0.25f);
        Atomic.Min(ref bounds[0], (long)v);
        Atomic.Max(ref bounds[1], (long)v);
        Atomic.Or(ref bounds[2], 1L << (v & 63));
        Atomic.CompareExchange(ref bounds[3], 0, 42);
    }

    /// <summary>Copies through 16-byte loads, reversing within each vector.</summary>
    public static void Vectors(ArrayView<float> x, ArrayView<float> y, int n)
    {
        int i = Grid.GlobalLinearIndex;
        if (i * 4 >= n)
            return;
        Float4 v = x.AsFloat4()[i];
        y.AsFloat4()[i] = new Float4(v.W, v.Z, v.Y, v.X);
        if (i == 0)
            y.SubView(n, 4).AsFloat2()[1] = x.SubView(2).AsFloat2()[0];
    }

    /// <summary>A 4x4 outer product a thread, accumulated in arrays that must end up in registers.</summary>
    public static void RegisterTile(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, int k)
    {
        ArrayView<float> acc = LocalMemory.Allocate<float>(16);
        ArrayView<float> row = LocalMemory.Allocate<float>(4);
        for (int i = 0; i < 16; i++)
            acc[i] = 0;
        for (int step = 0; step < k; step++)
        {
            for (int i = 0; i < 4; i++)
                row[i] = a[(Group.IdxX * 4 + i) * k + step];
            for (int j = 0; j < 4; j++)
            {
                float right = b[step * 4 + j];
                for (int i = 0; i < 4; i++)
                    acc[i * 4 + j] += row[i] * right;
            }
        }
        for (int i = 0; i < 4; i++)
            for (int j = 0; j < 4; j++)
                c[(Group.IdxX * 4 + i) * 4 + j] = acc[i * 4 + j];
    }

    /// <summary>An array indexed by data: it has to lie in local memory.</summary>
    public static void LocalArray(ArrayView<int> x, ArrayView<int> y)
    {
        ArrayView<int> table = LocalMemory.Allocate<int>(8);
        for (int i = 0; i < 8; i++)
            table[i] = i * i;
        int t = Group.IdxX;
        y[t] = table[x[t] & 7];
    }

    /// <summary>c (16x8) ← a (16x8)·b (8x8) in TF32, one warp.</summary>
    public static void MmaTf32(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c)
    {
        int g = Warp.LaneIdx / 4, t = Warp.LaneIdx % 4;
        var left = new UInt4(TensorCore.ToTf32(a[g * 8 + t]), TensorCore.ToTf32(a[(g + 8) * 8 + t]),
            TensorCore.ToTf32(a[g * 8 + t + 4]), TensorCore.ToTf32(a[(g + 8) * 8 + t + 4]));
        var right = new UInt2(TensorCore.ToTf32(b[t * 8 + g]), TensorCore.ToTf32(b[(t + 4) * 8 + g]));
        Float4 sum = default;
        TensorCore.MultiplyTf32(ref sum, left, right);
        c[g * 8 + 2 * t] = sum.X;
        c[g * 8 + 2 * t + 1] = sum.Y;
        c[(g + 8) * 8 + 2 * t] = sum.Z;
        c[(g + 8) * 8 + 2 * t + 1] = sum.W;
    }

    /// <summary>c (16x8) ← a (16xk)·b (kx8) in bf16: cp.async in two stages, ldmatrix for a, transposing ldmatrix for b.</summary>
    public static void MmaBf16Pipelined(ArrayView<ushort> a, ArrayView<ushort> b, ArrayView<float> c, int k)
    {
        ArrayView<ushort> tileA = SharedMemory.Allocate<ushort>(2 * 16 * 16);
        ArrayView<ushort> tileB = SharedMemory.Allocate<ushort>(2 * 16 * 8);
        int lane = Warp.LaneIdx;
        Float4 sum = default;
        CopyTiles(tileA, tileB, a, b, 0, k, 0);
        for (int k0 = 0; k0 < k; k0 += 16)
        {
            int stage = k0 / 16 & 1;
            CopyTiles(tileA, tileB, a, b, k0 + 16, k, stage ^ 1);
            AsyncCopy.Wait(1);
            Group.Barrier();
            UInt4 left = TensorCore.LoadMatrix4(ref tileA[stage * 256 + lane % 16 * 16 + lane / 16 * 8]);
            UInt2 right = TensorCore.LoadMatrix2Transposed(ref tileB[stage * 128 + lane % 16 * 8]);
            TensorCore.MultiplyBf16(ref sum, left, right);
            Group.Barrier();
        }
        ref Float2 top = ref c.AsFloat2()[lane / 4 * 4 + lane % 4];
        top.X = sum.X;
        top.Y = sum.Y;
        c.AsFloat2()[(lane / 4 + 8) * 4 + lane % 4] = new Float2(sum.Z, sum.W);
    }

    private static void CopyTiles(ArrayView<ushort> tileA, ArrayView<ushort> tileB, ArrayView<ushort> a, ArrayView<ushort> b, int k0, int k, int stage)
    {
        int lane = Warp.LaneIdx, row = lane / 2, col = lane % 2 * 8;
        bool inside = k0 < k;
        AsyncCopy.Copy16(ref tileA[stage * 256 + row * 16 + col], ref a[row * k + k0 + col], inside);
        if (lane < 16)
            AsyncCopy.Copy16(ref tileB[stage * 128 + lane * 8], ref b[(k0 + lane) * 8], inside);
        AsyncCopy.Commit();
    }

    public static void Mathematics(ArrayView<float> x, ArrayView<float> y, int which)
    {
        int i = Grid.GlobalLinearIndex;
        float v = x[i];
        y[i] = which switch
        {
            0 => XMath.Exp(v),
            1 => XMath.Log(v),
            2 => XMath.Tanh(v),
            3 => DeviceMath.Erf(v),
            4 => XMath.Rsqrt(v),
            5 => XMath.Sin(v),
            6 => XMath.Cos(v),
            7 => XMath.Exp2(v),
            8 => XMath.Log2(v),
            9 => XMath.Pow(v, 2.5f),
            _ => XMath.Log10(v),
        };
    }

    public static void MathematicsDouble(ArrayView<double> x, ArrayView<double> y, int which)
    {
        int i = Grid.GlobalLinearIndex;
        y[i] = which == 0 ? XMath.Exp(x[i]) : XMath.Log(x[i]);
    }

    public interface IOperator
    {
        static abstract float Apply(float x);
    }

    public readonly struct Square : IOperator
    {
        public static float Apply(float x) => x * x;
    }

    public static void Map<TOperator>(ArrayView<float> x, ArrayView<float> y, int n) where TOperator : IOperator
    {
        for (int i = Grid.GlobalLinearIndex; i < n; i += Grid.DimX * Group.DimX)
            y[i] = TOperator.Apply(x[i]);
    }

    /// <summary>Where each thread of a grid of boxes says it is, 16 words each.</summary>
    public static void Places(ArrayView<int> y)
    {
        int i = Grid.GlobalLinearIndex;
        ArrayView<int> row = y.SubView((long)i * 16, 16);
        (row[0], row[1], row[2]) = (Grid.IdxX, Grid.IdxY, Grid.IdxZ);
        (row[3], row[4], row[5]) = (Grid.DimX, Grid.DimY, Grid.DimZ);
        (row[6], row[7], row[8]) = (Group.IdxX, Group.IdxY, Group.IdxZ);
        (row[9], row[10], row[11]) = (Group.DimX, Group.DimY, Group.DimZ);
        (row[12], row[13]) = (Warp.LaneIdx, Warp.WarpIdx);
        row[14] = (Group.IsFirstThread ? 1 : 0) + (Group.IsLastThread ? 2 : 0);
        row[15] = (Warp.IsFirstLane ? 1 : 0) + (Warp.IsLastLane ? 2 : 0);
    }

    /// <summary>Each way of ldmatrix on four 8x8 matrices that lie one behind the other.</summary>
    public static void LoadMatrices(ArrayView<ushort> x, ArrayView<uint> y)
    {
        ArrayView<ushort> shared = SharedMemory.Allocate<ushort>(4 * 64);
        int lane = Warp.LaneIdx;
        shared.AsUInt4()[lane] = x.AsUInt4()[lane];
        Group.Barrier();
        UInt2 two = TensorCore.LoadMatrix2(ref shared[lane % 16 * 8]), turnedTwo = TensorCore.LoadMatrix2Transposed(ref shared[lane % 16 * 8]);
        UInt4 four = TensorCore.LoadMatrix4(ref shared[lane * 8]), turnedFour = TensorCore.LoadMatrix4Transposed(ref shared[lane * 8]);
        (y[lane], y[32 + lane]) = (two.X, two.Y);
        (y[64 + lane], y[96 + lane]) = (turnedTwo.X, turnedTwo.Y);
        (y[128 + lane], y[160 + lane], y[192 + lane], y[224 + lane]) = (four.X, four.Y, four.Z, four.W);
        (y[256 + lane], y[288 + lane], y[320 + lane], y[352 + lane]) = (turnedFour.X, turnedFour.Y, turnedFour.Z, turnedFour.W);
    }

    /// <summary>Copies of 4 and 16 bytes that go on by themselves: all, and those inside.</summary>
    public static void Copies(ArrayView<int> x, ArrayView<int> y, int inside)
    {
        ArrayView<int> shared = SharedMemory.Allocate<int>(320);
        int t = Group.IdxX;
        for (int i = t; i < 320; i += 32)
            shared[i] = -1;
        Group.Barrier();
        AsyncCopy.Copy4(ref shared[t], ref x[t]);
        AsyncCopy.Copy4(ref shared[32 + t], ref x[t], t < inside);
        AsyncCopy.Copy16(ref shared[64 + 4 * t], ref x[4 * t]);
        AsyncCopy.Copy16(ref shared[192 + 4 * t], ref x[4 * t], t < inside);
        AsyncCopy.Commit();
        AsyncCopy.Wait(0);
        Group.Barrier();
        for (int i = t; i < 320; i += 32)
            y[i] = shared[i];
    }
}
