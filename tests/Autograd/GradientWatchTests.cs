using BareBert.Autograd;
using BareBert.Autograd.Ops;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>Backward says of a parameter that its gradient is complete when it is, and no sooner.</summary>
public sealed class GradientWatchTests
{
    [Fact]
    public void A_parameter_is_complete_after_the_first_op_that_reads_it()
    {
        using var kernels = new CpuKernels(1);
        using var parameters = new ParameterSet(kernels, [new("w", new Shape(4, 4)), new("b", new Shape(4)), new("unused", new Shape(4))]);
        using var tape = new Tape(kernels);
        Parameter w = parameters["w"], b = parameters["b"];
        w.Value.Upload<float>([.. Enumerable.Range(0, 16).Select(i => i / 8f - 1)]);
        var watch = new Watch();
        tape.Watch = watch;
        using (tape.Begin(TapeMode.Training(1, 0)))
        {
            var x = new Variable(tape.Arena.Upload<float>(new Shape(2, 4), [1, 2, 3, 4, 5, 6, 7, 8]));
            Variable h = Linear.Apply(tape, x, w, null); // w's first reader, and so the last to add to its gradient
            h = Linear.Apply(tape, h, w, b);
            CrossEntropy.Apply(tape, tape.Arena.Zeros(new Shape(1)), h, tape.Upload([0, 3]), 1);
            tape.Backward();
        }
        Assert.Equal(["w", "b"], watch.Awaited.OrderByDescending(name => name));
        Assert.Equal(["b", "w"], watch.Complete.Select(c => c.Name));
        Assert.Equal(watch.Complete[0].Gradient, b.Grad.ToArray<float>());
        Assert.Equal(watch.Complete[1].Gradient, w.Grad.ToArray<float>());
    }

    [Fact]
    public void An_op_that_hides_its_parameter_is_found_out()
    {
        using var kernels = new CpuKernels(1);
        using var parameters = new ParameterSet(kernels, [new("w", new Shape(2))]);
        using var tape = new Tape(kernels) { Watch = new Watch() };
        using (tape.Begin(TapeMode.Training(1, 0)))
        {
            var op = new Hiding();
            op.Apply(tape, parameters["w"]);
            Assert.Contains("gradient was complete", Assert.Throws<InvalidOperationException>(tape.Backward).Message);
        }
    }

    private sealed class Watch : IGradientWatch
    {
        public string[] Awaited { get; private set; } = [];

        public List<(string Name, float[] Gradient)> Complete { get; } = [];

        public void Begins(IReadOnlyCollection<Parameter> awaited) => Awaited = [.. awaited.Select(p => p.Name)];

        public void IsComplete(Parameter parameter) => Complete.Add((parameter.Name, parameter.Grad.ToArray<float>()));
    }

    private sealed class Hiding : Op
    {
        private Func<Variable>? _hidden;

        public override bool IsRoot => true;

        public void Apply(Tape tape, Parameter parameter)
        {
            _hidden = () => parameter;
            NewOutput(tape, new Shape(1), requiresGrad: true);
            tape.Record(this);
        }

        public override void Backward(Tape tape) => tape.GradOf(_hidden!());
    }
}
