using BareBert.Simt;
using ILGPU;

namespace BareBert.Kernels;

public sealed partial class GpuKernels
{
    void IKernel<EmbeddingForward>.Run(in EmbeddingForward call)
    {
        LaunchElements(EmbeddingKernels.Forward, call.Y.Count, Floats(call.Y), Floats(call.Word), Floats(call.Position), Floats(call.Type),
            Ints(call.Ids), Ints(call.Positions), call.Type.IsNone ? default : Ints(call.Types), checked((int)call.Y.Count), call.Y.Cols);
    }

    void IKernel<EmbeddingBackward>.Run(in EmbeddingBackward call)
    {
        LaunchScatterAdd(call.DWord, call.DY, call.Ids);
        LaunchScatterAdd(call.DPosition, call.DY, call.Positions);
        LaunchScatterAdd(call.DType, call.DY, call.Types);
    }

    void IKernel<RowGather>.Run(in RowGather call) => LaunchElements(EmbeddingKernels.Gather, call.Y.Count,
        Floats(call.Y), Floats(call.X), Ints(call.Rows), checked((int)call.Y.Count), call.Y.Cols);

    void IKernel<RowScatterAdd>.Run(in RowScatterAdd call) => LaunchScatterAdd(call.DX, call.DY, call.Rows);

    private void LaunchScatterAdd(Tensor table, Tensor dy, Tensor rows)
    {
        if (table.IsNone || dy.Count == 0)
            return;
        int n = dy.Shape[0], cols = dy.Cols;
        Launch(EmbeddingKernels.ScatterAdd, (n, Divide(cols, EmbeddingKernels.ScatterGroup)),
            Floats(table), Floats(dy), Ints(rows), n, cols);
    }
}

internal static class EmbeddingKernels
{
    /// <summary>Threads, and columns, of a group of <see cref="ScatterAdd"/>.</summary>
    public const int ScatterGroup = 128;

    /// <summary>y[i] ← word[ids[i]] + position[positions[i]] + type[types[i]], a thread an element.</summary>
    /// <param name="y">[tokens, cols], n elements.</param>
    /// <param name="word">[V, cols].</param>
    /// <param name="position">[P, cols].</param>
    /// <param name="type">[2, cols], or nothing.</param>
    [GpuKernel]
    public static void Forward(
        ArrayView<float> y, ArrayView<float> word, ArrayView<float> position, ArrayView<float> type,
        ArrayView<int> ids, ArrayView<int> positions, ArrayView<int> types, int n, int cols)
    {
        int i = Grid.IdxX * Group.DimX + Group.IdxX;
        if (i >= n)
            return;
        int token = i / cols, col = i % cols;
        float sum = word[ids[token] * cols + col] + position[positions[token] * cols + col];
        if (type.Length > 0)
            sum += type[types[token] * cols + col];
        y[i] = sum;
    }

    /// <summary>y[i] ← x[rows[i]], a thread an element.</summary>
    /// <param name="y">[tokens, cols], n elements.</param>
    /// <param name="x">[R, cols].</param>
    [GpuKernel]
    public static void Gather(ArrayView<float> y, ArrayView<float> x, ArrayView<int> rows, int n, int cols)
    {
        int i = Grid.IdxX * Group.DimX + Group.IdxX;
        if (i < n)
            y[i] = x[rows[i / cols] * cols + i % cols];
    }

    /// <summary>
    /// table[rows[i]] += dy[i], in the order of i and without atomics: the group of the first token with a row's number
    /// adds all of that row's tokens, the groups of the others leave.
    /// </summary>
    /// <param name="table">[R, cols].</param>
    /// <param name="dy">[n, cols].</param>
    /// <param name="rows">[n].</param>
    /// <remarks>A group for each token and 128 columns. It compares n²/2 numbers in all, from the cache: 8192 tokens, 34 million.</remarks>
    [GpuKernel(GroupSize = ScatterGroup)]
    public static void ScatterAdd(ArrayView<float> table, ArrayView<float> dy, ArrayView<int> rows, int n, int cols)
    {
        ArrayView<int> found = SharedMemory.Allocate<int>(ScatterGroup);
        ArrayView<int> counts = SharedMemory.Allocate<int>(ScatterGroup / 32);
        int token = Grid.IdxX, row = rows[token], thread = Group.IdxX, col = Grid.IdxY * ScatterGroup + thread;
        for (int start = 0; start < token; start += ScatterGroup)
        {
            if (Group.BarrierOr(start + thread < token && rows[Math.Min(start + thread, n - 1)] == row))
                return;
        }

        float sum = col < cols ? table[row * cols + col] : 0;
        for (int start = token; start < n; start += ScatterGroup)
        {
            // The numbers of the tokens that match, close together and in order.
            bool match = start + thread < n && rows[Math.Min(start + thread, n - 1)] == row;
            uint matches = WarpVote.Ballot(match);
            if (Warp.LaneIdx == 0)
                counts[Warp.WarpIdx] = ILGPU.Algorithms.XMath.PopCount(matches);
            Group.Barrier();
            int before = 0, total = 0;
            for (int warp = 0; warp < ScatterGroup / 32; warp++)
            {
                before += warp < Warp.WarpIdx ? counts[warp] : 0;
                total += counts[warp];
            }
            if (match)
                found[before + ILGPU.Algorithms.XMath.PopCount(matches & ((1u << Warp.LaneIdx) - 1))] = start + thread;
            Group.Barrier();
            if (col < cols)
            {
                for (int i = 0; i < total; i++)
                    sum += dy[found[i] * cols + col];
            }
            Group.Barrier();
        }
        if (col < cols)
            table[row * cols + col] = sum;
    }
}
