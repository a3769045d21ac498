using BareBert.Autograd;
using BareBert.Autograd.Ops;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>Op objects are used again and begin empty; a step allocates nothing.</summary>
public sealed class TapeTests : IDisposable
{
    private readonly ReferenceKernels<float> _kernels = new();
    private readonly Tape _tape;
    private readonly Arena _arena;

    public TapeTests() => (_tape, _arena) = (new Tape(_kernels), new Arena(_kernels.Memory));

    public void Dispose()
    {
        _tape.Dispose();
        _arena.Dispose();
        _kernels.Dispose();
    }

    [Fact]
    public void A_rented_op_starts_empty()
    {
        Forgetful first;
        using (_tape.Begin(TapeMode.Training(1, 1)))
        {
            first = _tape.Rent<Forgetful>();
            first.Fill(_arena.Zeros(new Shape(2), DType.Float32));
            Assert.False(first.IsEmpty);
        }
        using (_tape.Begin(TapeMode.Training(1, 2)))
        {
            Forgetful again = _tape.Rent<Forgetful>();
            Assert.Same(first, again);
            Assert.True(again.IsEmpty);
            Assert.NotNull(again.Own);
        }
    }

    [Fact]
    public void A_leaf_that_outlives_its_step_begins_the_next_one_without_a_gradient()
    {
        var x = new Variable(_arena.Upload<float>(new Shape(2), [1, 2]), requiresGrad: true);
        for (uint step = 1; step <= 2; step++)
        {
            using (_tape.Begin(TapeMode.Training(1, step)))
            {
                _tape.GradOf(Add.Apply(_tape, x, x, 0.5)).Upload<float>([1, 2]);
                _tape.Backward();
                Assert.Equal([1.5f, 3f], x.Grad.ToArray<float>());
            }
            Assert.True(x.Grad.IsNone);
        }
    }

    [Fact]
    public void A_step_allocates_nothing_on_the_managed_heap()
    {
        var x = new Variable(_arena.Upload<float>(new Shape(2, 3), [1, 2, 3, 4, 5, 6]), requiresGrad: true);
        void Step()
        {
            using (_tape.Begin(TapeMode.Training(1, 1)))
            {
                Add.Apply(_tape, Dropout.Apply(_tape, x, 0.5), Activate.Apply(_tape, x, Activation.Gelu), 2);
            }
        }
        for (int i = 0; i < 200; i++) // the first ones compile
            Step();
        Assert.Equal(0, Allocations.Of(Step));
    }

    private class Base : Op
    {
        private double _inherited;

        protected double Inherited { get => _inherited; set => _inherited = value; }

        public override void Backward(Tape tape) { }
    }

    private sealed class Forgetful : Base
    {
        private Variable? _x;
        private Tensor _saved;
        private DropoutMask _mask;
        private int _count;

        public List<int> Own { get; } = [];

        public bool IsEmpty => _x is null && _saved.IsNone && _mask.IsNone && _count == 0 && Inherited == 0;

        public void Fill(Tensor tensor) =>
            (_x, _saved, _mask, _count, Inherited) = (new Variable(tensor), tensor, new DropoutMask(0.5, 1, 1, 1, 0), 3, 0.5);
    }
}
