// An op of one's own
//
// Seen here: what an operation consists of, the call of a kernel and an Op that records it, written without touching the library; the
// gradient check, which finds a planted mistake; and a line through points of which one is wrong, that pulls least squares away.
#:project ../../src/Autograd/BareBert.Autograd.csproj
using System.Numerics;
using BareBert;
using BareBert.Autograd;
using BareBert.Autograd.Ops;
using BareBert.Kernels;

Console.WriteLine("A loss that the library does not have, log cosh, is written, its gradient is checked, and a line is fitted with it.\n");

// In random directions, the loss's slope by central differences beside the one that the gradient gives.
double right = CheckedGradient(forgetful: false), wrong = CheckedGradient(forgetful: true);
Console.WriteLine($"relative error of the gradient: {right:E1}; where backward forgets the scale: {wrong:E1}");
Claim("the gradient is right", right <= 1e-6);
Claim("a mistake is found", wrong > 0.1);

// Twenty points on y = 2x − 1, the last of them far off.
float[] xs = [.. Enumerable.Range(0, 20).Select(i => i / 10f - 1)], ys = [.. xs.Select(x => 2 * x - 1)];
ys[19] = -20;
float squares = xs.Zip(ys, (x, y) => (x - xs.Average()) * (y - ys.Average())).Sum() / xs.Sum(x => (x - xs.Average()) * (x - xs.Average()));
using var cpu = new CpuKernels();
using var tape = new Tape(cpu);
using var line = new ParameterSet(cpu, [new("weight", new Shape(1, 1)), new("bias", new Shape(1)), new("loss", new Shape(1), IsTrained: false)]);
for (uint i = 0; i < 4000; i++)
{
    using (tape.Begin(TapeMode.Training(seed: 1, step: i)))
    {
        var points = new Variable(tape.Arena.Upload<float>(new Shape(20, 1), xs));
        var targets = new Variable(tape.Arena.Upload<float>(new Shape(20, 1), ys));
        Variable errors = Add.Apply(tape, Linear.Apply(tape, points, line["weight"], line["bias"]), targets, scale: -1);
        RobustLoss.Apply(tape, line["loss"].Value, errors, scale: 1.0 / 20);
        tape.Backward();
    }
    cpu.Run(new AddScaled { Y = line.Values, X = line.Grads, Scale = -0.2 });
    line.Grads.Zero();
}
float slope = line["weight"].Value.ToArray<float>()[0];
Console.WriteLine($"\nslope of a line through the points, 2 without the wrong one: {squares:F2} by least squares, {slope:F2} by log cosh");
Claim("the new loss comes four times as near", Math.Abs(slope - 2) < 0.25 * Math.Abs(squares - 2));

Console.WriteLine("""

    Question: the wrong point's error is 21. What is its gradient under ½·e², what under log cosh e, and why does that settle it?
    Try: make it Huber's loss: ½·e² for |e| < 1, |e| − ½ beyond. Which lines change, and does the check still pass?
    """);

static double CheckedGradient(bool forgetful)
{
    using var exact = new ReferenceKernels<double>();
    using var tape = new Tape(exact);
    using var inputs = new ParameterSet(exact, [new("x", new Shape(7)), new("total", new Shape(1), IsTrained: false)]);
    Parameter x = inputs["x"], total = inputs["total"];
    x.Value.Upload<double>([-3, -1.1, -0.2, 0.01, 0.5, 1.7, 4]);
    return GradientCheck.MaxRelativeError([x.Value], loss: () => Pass().Loss, gradients: () => [Pass().Gradient]);

    (double Loss, double[] Gradient) Pass()
    {
        total.Value.Zero();
        inputs.Grads.Zero();
        using (tape.Begin(TapeMode.Training(seed: 1, step: 0)))
        {
            RobustLoss.Apply(tape, total.Value, x, scale: 0.3, forgetful);
            tape.Backward();
        }
        return (total.Value.ToArray<double>()[0], x.Grad.ToArray<double>());
    }
}

static void Claim(string what, bool holds) =>
    Console.WriteLine($"  it {(holds ? "holds" : $"does NOT hold (exit code {Environment.ExitCode = 1})")}: {what}");

/// <summary>total += scale·Σ log cosh x: a square near 0, |x| − log 2 far off. It is a loss, so backward begins with it.</summary>
sealed class RobustLoss : Op
{
    private Variable _x = null!;
    private double _scale;

    public override bool IsRoot => true;

    public static void Apply(Tape tape, Tensor total, Variable x, double scale, bool forgetful = false)
    {
        var op = tape.Rent<RobustLoss>();
        (op._x, op._scale) = (x, forgetful ? 1 : scale);
        tape.Kernels.Run(new LogCosh { Losses = op.NewOutput(tape, x.Shape, x.RequiresGrad), X = x.Value });
        tape.Kernels.Run(new Sum { Total = total, X = op.Output.Value, Scale = scale });
        tape.Record(op);
    }

    public override void Backward(Tape tape) => tape.Kernels.Run(new LogCosh { DX = tape.GradOf(_x), X = _x.Value, Scale = _scale });
}

/// <summary>losses = log cosh x, or, given dx, dx += scale·tanh x. The call brings along how devices compute it.</summary>
readonly struct LogCosh : IKernelCall<LogCosh>
{
    public Tensor Losses { get; init; }
    public Tensor DX { get; init; }
    public required Tensor X { get; init; }
    public double Scale { get; init; }

    public KernelWork Work => new(0, Traffic.Of([X], [Losses], updated: [DX]));
    public void Check() => (DX.IsNone ? Losses : DX).Require(X.Shape, "the output");

    public static void RunOn<T>(ReferenceKernels<T> device, in LogCosh call) where T : unmanaged, IFloatingPointIeee754<T> => Loop<T>(call);
    public static void RunOn(CpuKernels device, in LogCosh call) => Loop<float>(call);

    private static void Loop<T>(in LogCosh call) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Span<T> xs = call.X.Span<T>(), ys = (call.DX.IsNone ? call.Losses : call.DX).Span<T>();
        T scale = T.CreateChecked(call.Scale), two = T.One + T.One;
        for (int i = 0; i < xs.Length; i++) // cosh(100) does not fit a float; |x| + log((1 + exp(−2|x|))/2) does
            ys[i] = call.DX.IsNone ? T.Abs(xs[i]) + T.Log((T.One + T.Exp(-two * T.Abs(xs[i]))) / two) : ys[i] + scale * T.Tanh(xs[i]);
    }
}
