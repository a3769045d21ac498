using BareBert.Kernels;

namespace BareBert.Autograd.Ops;

/// <summary>c = op(a)·op(b): matrices, or stacks of them.</summary>
public sealed class MatMul : Op
{
    private Variable _a = null!, _b = null!;
    private bool _transposeA, _transposeB;

    /// <summary>Multiplies.</summary>
    /// <param name="tape">Where it is recorded.</param>
    /// <param name="a">[M, K], or [K, M] where transposed, with or without a batch dimension in front.</param>
    /// <param name="b">[K, N], or [N, K] where transposed, likewise.</param>
    /// <param name="transposeA">op(a) = aᵀ.</param>
    /// <param name="transposeB">op(b) = bᵀ.</param>
    /// <returns>[M, N], likewise.</returns>
    public static Variable Apply(Tape tape, Variable a, Variable b, bool transposeA = false, bool transposeB = false)
    {
        var op = tape.Rent<MatMul>();
        (op._a, op._b, op._transposeA, op._transposeB) = (a, b, transposeA, transposeB);
        int last = a.Shape.Rank - 1;
        Dim m = a.Shape.DimAt(transposeA ? last : last - 1), n = b.Shape.DimAt(transposeB ? last - 1 : last);
        Shape shape = last == 1 ? new Shape(m, n) : new Shape(a.Shape.DimAt(0), m, n);
        Tensor c = op.NewOutput(tape, shape, a.RequiresGrad || b.RequiresGrad);
        tape.Kernels.Run(new MatrixMultiply { C = c, A = a.Value, B = b.Value, TransposeA = transposeA, TransposeB = transposeB });
        return tape.Record(op);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape)
    {
        // c = A·B with A = op(a): dA = dc·Bᵀ and dB = Aᵀ·dc; where a is stored transposed its gradient is dAᵀ = B·dcᵀ.
        Tensor da = tape.GradOf(_a), db = tape.GradOf(_b), dc = Output.Grad;
        if (!da.IsNone && !_transposeA)
            tape.Kernels.Run(new MatrixMultiply { C = da, A = dc, B = _b.Value, TransposeB = !_transposeB, Accumulate = true });
        else if (!da.IsNone)
            tape.Kernels.Run(new MatrixMultiply { C = da, A = _b.Value, B = dc, TransposeA = _transposeB, TransposeB = true, Accumulate = true });
        if (!db.IsNone && !_transposeB)
            tape.Kernels.Run(new MatrixMultiply { C = db, A = _a.Value, B = dc, TransposeA = !_transposeA, Accumulate = true });
        else if (!db.IsNone)
            tape.Kernels.Run(new MatrixMultiply { C = db, A = dc, B = _a.Value, TransposeA = true, TransposeB = _transposeA, Accumulate = true });
    }
}
