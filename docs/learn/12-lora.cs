// LoRA in twenty lines
//
// Seen here: a trained layer is to do something new, and its weights must not be touched. Beside it learn two thin matrices; they begin
// as nothing, they are a small part of the layer, they learn what a change of that rank can say and no more, and in the end they can be
// added into the weight as if they had never been there.
#:project ../../src/Autograd/BareBert.Autograd.csproj
using BareBert;
using BareBert.Autograd;
using BareBert.Autograd.Ops;
using BareBert.Kernels;

Console.WriteLine("Beside a frozen layer two thin matrices learn a new task: rank 1 is too thin, rank 4 is enough; merged into it they are gone.\n");

const int K = 64, Classes = 16, Examples = 2000, Steps = 400;
using var cpu = new CpuKernels();
using var tape = new Tape(cpu);

// The old layer is W. The new task wants W + ΔW, a change of rank 4: of all directions of the input only four matter to it.
float[] old = Normal(Classes * K, stream: 0), left = Normal(Classes * 4, stream: 1), right = Normal(4 * K, stream: 2), xs = Normal(Examples * K, stream: 3);
int[] labels = Likeliest(Plus(old, left, right, rank: 4));
double untouched = Right(Likeliest(old));
Console.WriteLine($"the old layer on the new task: {untouched:P1} right");
var accuracies = new Dictionary<int, double>();
foreach (int rank in (int[])[1, 2, 4])
    accuracies[rank] = Train(rank);
Claim("thin is not enough, and the rank of the change is", accuracies[1] < 0.6 && accuracies[2] > accuracies[1] && accuracies[4] > 0.9);

Console.WriteLine("""

    Question: why does B begin at zero and A not? What would both gradients be if both were zero?
    Try: let W learn as well (IsTrained: true) and leave A and B out. How far does it come in as many steps, and what is lost?
    """);

double Train(int rank)
{
    using var layer = new ParameterSet(cpu, [new("W", new Shape(Classes, K), IsTrained: false), new("A", new Shape(rank, K)), new("B", new Shape(Classes, rank))]);
    layer["W"].Value.Upload<float>(old);
    layer["A"].Value.Upload<float>([.. Normal(rank * K, stream: 4).Select(a => a / MathF.Sqrt(K))]);
    using var lasting = new Arena(cpu.Memory);
    Tensor loss = lasting.Zeros(new Shape(1));
    for (int step = 0; step <= Steps; step++)
    {
        using (tape.Begin(TapeMode.Training(seed: 1, (uint)step)))
        {
            var x = new Variable(tape.Arena.Upload<float>(new Shape(Examples, K), xs));
            Variable logits = Adapted(x, layer["W"], layer["A"], layer["B"]);
            if (step == 0)
                Claim($"rank {rank} begins as the old layer", logits.Value.ToArray<float>().SequenceEqual(Linear.Apply(tape, x, layer["W"], null).Value.ToArray<float>()));
            CrossEntropy.Apply(tape, loss, logits, tape.Upload(labels), 1.0 / Examples);
            tape.Backward();
        }
        var options = new AdamWOptions(LearningRate: 0.03, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8, WeightDecay: 0, step + 1);
        cpu.Run(new AdamW { Weight = layer.Values, Gradient = layer.Grads, M = layer.Moments1, V = layer.Moments2, Options = options });
    }
    float[] a = layer["A"].Value.ToArray<float>(), b = layer["B"].Value.ToArray<float>();
    using (tape.Begin(TapeMode.Evaluation))
    {
        // Merged: one layer again, W + B·A, as fast as it was.
        var x = new Variable(tape.Arena.Upload<float>(new Shape(Examples, K), xs));
        var merged = new Variable(tape.Arena.Upload<float>(new Shape(Classes, K), Plus(old, b, a, rank)));
        float[] beside = Adapted(x, layer["W"], layer["A"], layer["B"]).Value.ToArray<float>(), within = Linear.Apply(tape, x, merged, null).Value.ToArray<float>();
        Claim("merged into W the two say the same", beside.Zip(within, (p, q) => Math.Abs(p - q) / (1 + Math.Abs(q))).Max() <= 1e-4);
    }
    Claim("W is what it was", layer["W"].Value.ToArray<float>().SequenceEqual(old));
    double accuracy = Right(Likeliest(Plus(old, b, a, rank)));
    Console.WriteLine($"rank {rank}: {accuracy:P1} right; {a.Length + b.Length} numbers learned beside {old.Length} that did not");
    return accuracy;
}

// y = x·Wᵀ + (x·Aᵀ)·Bᵀ: through a waist of `rank` numbers. Hu et al. 2021, arXiv:2106.09685.
Variable Adapted(Variable x, Variable w, Variable a, Variable b) =>
    Add.Apply(tape, Linear.Apply(tape, x, w, null), Linear.Apply(tape, Linear.Apply(tape, x, a, null), b, null));

// W + B·A.
static float[] Plus(float[] w, float[] b, float[] a, int rank) =>
    [.. w.Select((value, i) => value + Enumerable.Range(0, rank).Sum(r => b[i / K * rank + r] * a[r * K + i % K]))];

// For each example the class whose row of the weight fits it best.
int[] Likeliest(float[] w) => [.. Enumerable.Range(0, Examples).Select(n =>
    Enumerable.Range(0, Classes).MaxBy(c => Enumerable.Range(0, K).Sum(k => w[c * K + k] * xs[n * K + k])))];

double Right(int[] said) => said.Zip(labels, (a, b) => a == b ? 1.0 : 0).Average();

static float[] Normal(int count, uint stream)
{
    var values = new float[count];
    NormalFill.Fill(values, deviation: 1, seed: 12, stream);
    return values;
}

static void Claim(string what, bool holds) =>
    Console.WriteLine($"  it {(holds ? "holds" : $"does NOT hold (exit code {Environment.ExitCode = 1})")}: {what}");
