using System.Runtime.InteropServices;
using BareBert.Kernels;

namespace BareBert.Autograd.Ops;

/// <summary>y += scale·branch, where branch is as wide as y or as one of the equal parts that y's columns fall into.</summary>
public sealed class AddBranch : Op
{
    private readonly List<int> _partsRows = []; // of the part, on the host
    private Variable _y = null!, _branch = null!;
    private Tensor _rows;
    private int _parts;
    private double _scale;

    /// <summary>Adds to y in place: its only other reader would be its own op.</summary>
    /// <param name="tape">Where it is recorded.</param>
    /// <param name="y">[rows, parts·N], overwritten, an op's output that nothing else reads.</param>
    /// <param name="branch">[rows, N].</param>
    /// <param name="scale">Multiplies branch.</param>
    /// <param name="part">Which part of y's columns is added to.</param>
    /// <param name="parts">How many there are.</param>
    /// <returns>[rows, parts·N].</returns>
    /// <exception cref="ArgumentException">branch is not as wide as a part.</exception>
    public static Variable Apply(Tape tape, Variable y, Variable branch, double scale = 1, int part = 0, int parts = 1)
    {
        int rows = y.Shape[0];
        branch.Value.Require(new Shape(rows, y.Shape[1] / parts), nameof(branch));
        var op = tape.Rent<AddBranch>();
        (op._y, op._branch, op._scale, op._parts) = (y, branch, scale, parts);
        Tensor sum = op.Output.Value = op.Overwrite(y);
        op.Output.RequiresGrad = (y.RequiresGrad || branch.RequiresGrad) && tape.IsTraining;
        if (parts == 1)
        {
            tape.Kernels.Run(new AddScaled { Y = sum, X = branch.Value, Scale = scale });
            return tape.Record(op);
        }
        // Row i of y is rows i·parts … of a matrix that is one part wide: the part's rows are gathered and scattered.
        op._partsRows.Clear();
        for (int i = 0; i < rows; i++)
            op._partsRows.Add(i * parts + part);
        op._rows = tape.Upload(CollectionsMarshal.AsSpan(op._partsRows));
        Tensor scaled = op.Save(tape, branch.Shape);
        scaled.Zero();
        tape.Kernels.Run(new AddScaled { Y = scaled, X = branch.Value, Scale = scale });
        tape.Kernels.Run(new RowScatterAdd { DX = op.InParts(sum), DY = scaled, Rows = op._rows });
        return tape.Record(op);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape)
    {
        Tensor dbranch = tape.GradOf(_branch);
        if (!dbranch.IsNone && _parts == 1)
            tape.Kernels.Run(new AddScaled { Y = dbranch, X = Output.Grad, Scale = _scale });
        else if (!dbranch.IsNone)
        {
            Tensor part = Save(tape, _branch.Shape);
            tape.Kernels.Run(new RowGather { Y = part, X = InParts(Output.Grad), Rows = _rows });
            tape.Kernels.Run(new AddScaled { Y = dbranch, X = part, Scale = _scale });
        }
        if (!_y.RequiresGrad)
            return;
        if (_y.Grad.IsNone)
            (_y.Grad, Output.Grad) = (Output.Grad, default); // the gradient of a sum is the same on both sides: it moves on
        else
            tape.Kernels.Run(new AddScaled { Y = _y.Grad, X = Output.Grad });
    }

    private Tensor InParts(Tensor tensor) => tensor.View(new Shape(tensor.Shape[0] * _parts, tensor.Shape[1] / _parts));
}
