using ILGPU;

namespace BareBert.Kernels;

public sealed partial class GpuKernels
{
    void IKernel<ArithmeticForward>.Run(in ArithmeticForward call) => LaunchElements(ArithmeticKernels.Forward, call.A.Count,
        Floats(call.Y), Floats(call.A), Floats(call.B), checked((int)call.A.Count), checked((int)call.B.Count), (int)call.Operator);

    void IKernel<ArithmeticBackward>.Run(in ArithmeticBackward call)
    {
        int n = checked((int)call.A.Count), nB = checked((int)call.B.Count), op = (int)call.Operator;
        ArrayView<float> dy = Floats(call.DY), a = Floats(call.A), b = Floats(call.B);
        if (!call.DA.IsNone)
            LaunchElements(ArithmeticKernels.ByFirst, n, Floats(call.DA), dy, b, n, nB, op);
        if (!call.DB.IsNone)
            LaunchElements(ArithmeticKernels.BySecond, nB, Floats(call.DB), dy, a, b, n, nB, op);
    }
}

/// <summary>Element by element; all threads of a call take the same branch of the operator, and memory is the limit.</summary>
internal static class ArithmeticKernels
{
    private const int Add = (int)ArithmeticOperator.Add, Subtract = (int)ArithmeticOperator.Subtract, Multiply = (int)ArithmeticOperator.Multiply;

    /// <summary>y ← a ∘ b, a thread an element.</summary>
    /// <param name="y">[n]; may be a.</param>
    /// <param name="a">[n].</param>
    /// <param name="b">[nB]: as many, or one row, which begins again behind its end.</param>
    [GpuKernel]
    public static void Forward(ArrayView<float> y, ArrayView<float> a, ArrayView<float> b, int n, int nB, int op)
    {
        int i = Grid.IdxX * Group.DimX + Group.IdxX;
        if (i >= n)
            return;
        float left = a[i], right = b[i % nB];
        y[i] = op == Add ? left + right : op == Subtract ? left - right : op == Multiply ? left * right : left / right;
    }

    /// <summary>da += dy·∂(a ∘ b)/∂a, a thread an element.</summary>
    /// <param name="da">[n].</param>
    /// <param name="dy">[n].</param>
    /// <param name="b">[nB].</param>
    [GpuKernel]
    public static void ByFirst(ArrayView<float> da, ArrayView<float> dy, ArrayView<float> b, int n, int nB, int op)
    {
        int i = Grid.IdxX * Group.DimX + Group.IdxX;
        if (i >= n)
            return;
        float right = b[i % nB];
        da[i] += op == Multiply ? dy[i] * right : op == Add || op == Subtract ? dy[i] : dy[i] / right;
    }

    /// <summary>db += Σ dy·∂(a ∘ b)/∂b, a thread an element of b, over the rows in order where b is one row.</summary>
    /// <param name="db">[nB].</param>
    /// <param name="dy">[n].</param>
    /// <param name="a">[n].</param>
    /// <param name="b">[nB].</param>
    [GpuKernel]
    public static void BySecond(ArrayView<float> db, ArrayView<float> dy, ArrayView<float> a, ArrayView<float> b, int n, int nB, int op)
    {
        int col = Grid.IdxX * Group.DimX + Group.IdxX;
        if (col >= nB)
            return;
        float right = b[col], sum = 0;
        for (int i = col; i < n; i += nB)
            sum += op == Add ? dy[i] : op == Subtract ? -dy[i] : op == Multiply ? dy[i] * a[i] : -(dy[i] * a[i] / right / right);
        db[col] += sum;
    }
}
