using BareBert.Simt;
using ILGPU;

namespace BareBert.Tests;

/// <summary>Kernels that each do one thing wrong, for the interpreter to find.</summary>
public static class FaultyKernels
{
    public static void OutOfRange(ArrayView<float> x, int n) => x[Group.IdxX + n] = 1;

    public static void ReadBefore(ArrayView<float> x, int n) => x[Group.IdxX] = x[Group.IdxX - n];

    public static void Misaligned(ArrayView<float> x, int n) => x.SubView(n).AsFloat4()[Group.IdxX] = new Float4(1, 2, 3, 4);

    public static void SharedOutOfRange(ArrayView<float> x, int n)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(32);
        shared[Group.IdxX + n] = x[Group.IdxX];
        x[Group.IdxX] = shared[Group.IdxX + n];
    }

    public static void UninitialisedShared(ArrayView<float> x, int n)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(64);
        shared[Group.IdxX] = n;
        Group.Barrier();
        x[Group.IdxX] = shared[Group.IdxX + n];
    }

    public static void UninitialisedLocal(ArrayView<float> x, int n)
    {
        ArrayView<float> local = LocalMemory.Allocate<float>(8);
        local[Group.IdxX & 3] = 1;
        x[Group.IdxX] = local[n];
    }

    public static void LocalOutOfRange(ArrayView<float> x, int n)
    {
        ArrayView<float> local = LocalMemory.Allocate<float>(8);
        local[n] = 1;
        x[Group.IdxX] = local[n];
    }

    public static void DivergentBarrier(ArrayView<float> x, int n)
    {
        if (Group.IdxX < n)
            Group.Barrier();
        x[Group.IdxX] = 1;
    }

    public static void RaceReadAfterWrite(ArrayView<float> x, int n)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(128);
        shared[Group.IdxX] = 0;
        Group.Barrier();
        shared[Group.IdxX] = n;
        x[Group.IdxX] = shared[(Group.IdxX + n) & 127];
    }

    public static void RaceWriteAfterRead(ArrayView<float> x, int n)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(128);
        shared[Group.IdxX] = n;
        Group.Barrier();
        float neighbour = shared[(Group.IdxX + n) & 127];
        shared[Group.IdxX] = neighbour + 1;
        x[Group.IdxX] = neighbour;
    }

    public static void RaceWriteWrite(ArrayView<float> x, int n)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(128);
        shared[Group.IdxX / n] = Group.IdxX;
        Group.Barrier();
        x[Group.IdxX] = shared[0];
    }

    public static void RaceWithinWarp(ArrayView<float> x, int n)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(128);
        shared[Group.IdxX] = n;
        x[Group.IdxX] = shared[Group.IdxX ^ 1];
    }

    /// <summary>Right: the warp's barrier is enough among its lanes.</summary>
    public static void OrderedWithinWarp(ArrayView<float> x, int n)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(128);
        shared[Group.IdxX] = n;
        Warp.Barrier();
        x[Group.IdxX] = shared[Group.IdxX ^ 1];
    }

    /// <summary>Right: all write the same.</summary>
    public static void SameValueFromAll(ArrayView<float> x, int n)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(4);
        if (Group.IdxX < 32)
            shared[0] = n;
        Group.Barrier();
        x[Group.IdxX] = shared[0];
    }

    public static void ReadBeforeWait(ArrayView<float> x, int n)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(128);
        AsyncCopy.Copy4(ref shared[Group.IdxX], ref x[Group.IdxX]);
        AsyncCopy.Commit();
        AsyncCopy.Wait(1);
        x[Group.IdxX] = shared[Group.IdxX] + n;
    }

    public static void WaitWithoutBarrier(ArrayView<float> x, int n)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(128);
        AsyncCopy.Copy4(ref shared[Group.IdxX], ref x[Group.IdxX]);
        AsyncCopy.Commit();
        AsyncCopy.Wait(0);
        x[Group.IdxX] = shared[Group.IdxX ^ n];
    }

    public static void ShuffleInBranch(ArrayView<float> x, int n)
    {
        float v = x[Group.IdxX];
        if (Group.IdxX < n)
            v = Warp.ShuffleDown(v, 1);
        x[Group.IdxX] = v;
    }

    public static void WarpBarrierInBranch(ArrayView<float> x, int n)
    {
        if (Group.IdxX < n)
            Warp.Barrier();
        x[Group.IdxX] = 1;
    }

    public static void Hangs(ArrayView<float> x, int n)
    {
        while (n > 0)
            n = n == 1 ? 2 : 1;
        x[0] = n;
    }

    /// <summary>32 lanes read a column of a 32-wide tile: all from one bank.</summary>
    public static void BankConflicts(ArrayView<float> x, int n)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(33 * 32);
        for (int i = Group.IdxX; i < 33 * 32; i += Group.DimX)
            shared[i] = i;
        Group.Barrier();
        if (Group.IdxX < 32)
            x[Group.IdxX] = shared[Group.IdxX * n];
    }
}
