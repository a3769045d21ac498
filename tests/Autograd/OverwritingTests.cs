using BareBert.Autograd;
using BareBert.Autograd.Ops;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>An op that writes over another one's output is noticed: by whoever reads it later, or, unannounced, by the tape.</summary>
public sealed class OverwritingTests : IDisposable
{
    private readonly ReferenceKernels<double> _kernels = new();
    private readonly Tape _tape;
    private readonly Arena _arena;

    public OverwritingTests() => (_tape, _arena) = (new Tape(_kernels), new Arena(_kernels.Memory));

    public void Dispose()
    {
        _tape.Dispose();
        _arena.Dispose();
        _kernels.Dispose();
    }

    [Fact]
    public void Who_reads_a_value_after_its_overwriter_is_told()
    {
        Variable residual = Leaf(), weight = Row(), bias = Row();
        using (_tape.Begin(TapeMode.Training(1, 1)))
        {
            Variable branch = Add.Apply(_tape, residual, residual);
            ResidualLayerNorm.Apply(_tape, residual, branch, weight, bias, 1e-5, 0);
            var e = Assert.Throws<InvalidOperationException>(() => Dropout.Apply(_tape, branch, 0.5));
            Assert.Contains("ResidualLayerNorm overwrote a value", e.Message);
            Assert.Equal(residual.Shape, branch.Shape);
        }
    }

    /// <summary>GELU's gradient reads GELU's input, which the next op must not take.</summary>
    [Fact]
    public void An_op_whose_backward_pass_needs_a_value_that_was_overwritten_is_told()
    {
        Variable x = Leaf(), weight = Row(), bias = Row();
        using (_tape.Begin(TapeMode.Training(1, 1)))
        {
            Variable branch = Add.Apply(_tape, x, x);
            Activate.Apply(_tape, branch, Activation.Gelu);
            Variable y = ResidualLayerNorm.Apply(_tape, x, branch, weight, bias, 1e-5, 0);
            InnerProduct.Apply(_tape, _arena.Zeros(new Shape(1), DType.Float64), y, Leaf().Value);
            InnerProduct.Apply(_tape, _arena.Zeros(new Shape(1), DType.Float64), _tape.Ops[1].Output, Leaf().Value);
            Assert.Throws<InvalidOperationException>(_tape.Backward);
        }
    }

    [Fact]
    public void An_op_that_changes_an_input_unannounced_is_named()
    {
        using (_tape.Begin(TapeMode.Training(1, 1) with { CheckOverwriting = true }))
        {
            Variable sum = Sum();
            Assert.Contains("Vandal changed the output of Add", Assert.Throws<InvalidOperationException>(() => Vandal.Apply(_tape, sum, inBackward: false)).Message);
        }
    }

    [Fact]
    public void In_its_backward_pass_too()
    {
        using (_tape.Begin(TapeMode.Training(1, 1) with { CheckOverwriting = true }))
        {
            Variable y = Vandal.Apply(_tape, Sum(), inBackward: true);
            InnerProduct.Apply(_tape, _arena.Zeros(new Shape(1), DType.Float64), y, Leaf().Value);
            Assert.Contains("Vandal changed the output of Add", Assert.Throws<InvalidOperationException>(_tape.Backward).Message);
        }
    }

    private Variable Sum()
    {
        Variable x = Leaf();
        return Add.Apply(_tape, x, x);
    }

    private Variable Leaf() => new(_arena.Upload<double>(new Shape(2, 3), [1, 2, 3, 4, 5, 7]), requiresGrad: true);

    private Variable Row() => new(_arena.Upload<double>(new Shape(3), [1, 2, 3]), requiresGrad: true);

    private sealed class Vandal : Op
    {
        private Variable _x = null!;
        private bool _inBackward;

        public static Variable Apply(Tape tape, Variable x, bool inBackward)
        {
            var op = tape.Rent<Vandal>();
            (op._x, op._inBackward) = (x, inBackward);
            op.NewOutput(tape, x.Shape, x.RequiresGrad).CopyFrom(x.Value);
            if (!inBackward)
                x.Value.Zero();
            return tape.Record(op);
        }

        public override void Backward(Tape tape)
        {
            if (_inBackward)
                _x.Value.Zero();
        }
    }
}
