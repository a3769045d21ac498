// Data parallelism: the same step in two halves
//
// Seen here: a batch is cut in two, each half goes through a copy of the model of its own, on threads of its own, and the gradients are
// added: they are the whole batch's, dropout included, because a mask is a function of the row's number in the whole batch. Both copies
// take the same step and stay the same, bit for bit; where the halves forget which rows they are, the gradient is another one.
#:project ../../src/Autograd/BareBert.Autograd.csproj
using BareBert;
using BareBert.Autograd;
using BareBert.Autograd.Ops;
using BareBert.Kernels;

Console.WriteLine("Two workers with half a batch each find the whole batch's gradient, dropout included, and stay the same bit for bit.\n");

const int Rows = 64;
float[] xs = Worker.Normal(Rows * Worker.In, stream: 0);
int[] labels = [.. xs.Chunk(Worker.In).Select(row => Array.IndexOf(row, row[..Worker.Classes].Max()))];

// One worker for the whole, two for its halves. All begin with the same weights.
using Worker whole = new(), first = new(), second = new();
for (int step = 0; step < 20; step++)
{
    double loss = whole.Gradient(step, firstRow: 0, Rows, xs, labels);
    double[] parts = new double[2];
    Parallel.Invoke(
        () => parts[0] = first.Gradient(step, firstRow: 0, 40, xs, labels),
        () => parts[1] = second.Gradient(step, firstRow: 40, 24, xs, labels)); // the halves need not be equal

    // All-reduce: each gets the sum. The order of its terms is the same for both.
    float[] a = first.Gradients, b = second.Gradients, sum = [.. a.Zip(b, (p, q) => p + q)];
    first.Gradients = sum;
    second.Gradients = sum;
    if (step == 0)
    {
        Console.WriteLine($"loss {loss:F6}, of the halves {parts[0]:F6} + {parts[1]:F6}; the gradients differ by {Distance(sum, whole.Gradients):E1} at most");
        Claim("the halves' losses add up", Math.Abs(parts.Sum() - loss) <= 1e-6);
        Claim("so do their gradients, but for rounding", Distance(sum, whole.Gradients) <= 1e-7);
        second.Gradient(step, 40, 24, xs, labels, forgetful: true);
        Claim("a half that forgets its place draws other masks", Distance(second.Gradients, b) > 1e-4);
        second.Gradients = sum;
    }
    foreach (Worker worker in (Worker[])[whole, first, second])
        worker.Update(step + 1);
}
Console.WriteLine($"\nafter 20 steps the copies and the undivided model differ by {Distance(first.Weights, whole.Weights):E1} at most");
Claim("the two copies are the same bit for bit", first.Weights.SequenceEqual(second.Weights));
Claim("and the undivided model but for rounding", Distance(first.Weights, whole.Weights) <= 1e-4);

Console.WriteLine("""

    Question: each half divides its losses by 64, not by its own rows. What would the sum of the gradients be the gradient of otherwise?
    Try: three workers. Add their gradients in another order for each of them: after how many steps do the copies part, and does it matter?
    """);

static double Distance(float[] a, float[] b) => a.Zip(b, (p, q) => Math.Abs((double)p - q)).Max();

static void Claim(string what, bool holds) =>
    Console.WriteLine($"  it {(holds ? "holds" : $"does NOT hold (exit code {Environment.ExitCode = 1})")}: {what}");

/// <summary>A device, a copy of the model, and its part of each batch.</summary>
sealed class Worker : IDisposable
{
    public const int In = 20, Hidden = 48, Classes = 4;

    private readonly CpuKernels _kernels = new(threads: 1);
    private readonly Tape _tape;
    private readonly ParameterSet _model;

    public Worker()
    {
        _tape = new Tape(_kernels);
        _model = new ParameterSet(_kernels, [new("w1", new Shape(Hidden, In)), new("w2", new Shape(Classes, Hidden)), new("loss", new Shape(1), IsTrained: false)]);
        _model["w1"].Value.Upload<float>([.. Normal(Hidden * In, stream: 1).Select(w => w / 5)]);
        _model["w2"].Value.Upload<float>([.. Normal(Classes * Hidden, stream: 2).Select(w => w / 7)]);
    }

    public float[] Weights => _model.Values.ToArray<float>();

    public float[] Gradients { get => _model.Grads.ToArray<float>(); set => _model.Grads.Upload<float>(value); }

    /// <summary>Leaves in <see cref="Gradients"/> what some rows of the batch add to its gradient; returns what they add to its loss.</summary>
    public double Gradient(int step, int firstRow, int rows, float[] xs, int[] labels, bool forgetful = false)
    {
        _model.Grads.Zero();
        _model["loss"].Value.Zero();
        using (_tape.Begin(TapeMode.Training(seed: 1, (uint)step)))
        {
            var x = new Variable(_tape.Arena.Upload<float>(new Shape(rows, In), xs.AsSpan(firstRow * In, rows * In)));
            Variable hidden = Linear.Apply(_tape, x, _model["w1"], null, Activation.Gelu);
            hidden = Dropout.Apply(_tape, hidden, rate: 0.3, forgetful ? 0 : firstRow);
            Variable logits = Linear.Apply(_tape, hidden, _model["w2"], null);
            CrossEntropy.Apply(_tape, _model["loss"].Value, logits, _tape.Upload(labels.AsSpan(firstRow, rows)), 1.0 / labels.Length);
            _tape.Backward();
        }
        return _model["loss"].Value.ToArray<float>()[0];
    }

    public void Update(int step) => _kernels.Run(new AdamW
    {
        Weight = _model.Values, Gradient = _model.Grads, M = _model.Moments1, V = _model.Moments2, Options = new AdamWOptions(0.01, 0.9, 0.999, 1e-8, 0, step),
    });

    public static float[] Normal(int count, uint stream)
    {
        var values = new float[count];
        NormalFill.Fill(values, deviation: 1, seed: 14, stream);
        return values;
    }

    public void Dispose()
    {
        _model.Dispose();
        _tape.Dispose();
        _kernels.Dispose();
    }
}
