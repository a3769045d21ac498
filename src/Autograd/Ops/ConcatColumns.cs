using BareBert.Kernels;

namespace BareBert.Autograd.Ops;

/// <summary>Matrices side by side.</summary>
public sealed class ConcatColumns : Op
{
    private readonly List<Variable> _parts = [];

    /// <summary>Puts matrices of as many rows side by side: [rows, n₁], [rows, n₂], … to [rows, n₁ + n₂ + …].</summary>
    public static Variable Apply(Tape tape, params ReadOnlySpan<Variable> parts)
    {
        var op = tape.Rent<ConcatColumns>();
        op._parts.Clear();
        op._parts.AddRange(parts);
        int cols = 0;
        bool requiresGrad = false;
        foreach (Variable part in parts)
        {
            cols += part.Shape[1];
            requiresGrad |= part.RequiresGrad;
        }
        Tensor y = op.NewOutput(tape, new Shape(parts[0].Shape.DimAt(0), cols), requiresGrad);
        int first = 0;
        foreach (Variable part in parts)
        {
            tape.Kernels.Run(new ColumnCopy { Y = y, X = part.Value, First = first });
            first += part.Shape[1];
        }
        return tape.Record(op);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape)
    {
        int first = 0;
        foreach (Variable part in _parts)
        {
            if (part.RequiresGrad)
                tape.Kernels.Run(new ColumnAdd { DX = tape.GradOf(part), DY = Output.Grad, First = first });
            first += part.Shape[1];
        }
    }
}
