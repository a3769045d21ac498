// Softmax, and why it needs its maximum
//
// Seen here: the formula as it stands in books, which answers "not a number" from a score of 89 on; the same with the largest score
// taken off first, which never does; the loss of a label whose probability a float takes for 0; and how the softmax of a row
// is put together from two halves that never met, which is what attention does with its blocks.
#:project ../../src/Kernels/BareBert.Kernels.csproj
using BareBert;
using BareBert.Kernels;

Console.WriteLine("Softmax as in books breaks at a score of 89; less its maximum it holds; and two halves of a row can be joined afterwards.\n");

// As in books: pᵢ = exp zᵢ / Σ exp zⱼ.
float[] small = [1, 2, 3], large = [1001, 1002, 1003];
Console.WriteLine($"from books, of {Text(small)}: {Text(Naive(small))}");
Console.WriteLine($"from books, of {Text(large)}: {Text(Naive(large))}");
Claim("exp(88.7) is the last that a float holds", float.IsFinite(MathF.Exp(88.7f)) && float.IsInfinity(MathF.Exp(88.8f)));
Claim("∞/∞ is not a number", Naive(large).All(float.IsNaN));

// exp(zᵢ − m)/Σ exp(zⱼ − m) is the same number for every m: exp(−m) stands above and below the line.
// With m the largest score no exponential is over 1, and the largest is 1, so the sum is not 0 either.
Console.WriteLine($"\nless the maximum, of {Text(large)}: {Text(Stable(large))}");
Claim("the scores' common part does not matter", Distance(Stable(large), Naive(small)) <= 1e-6);
Claim("scores far below the others become 0, not an error", Stable([0, -1000]) is [1, 0]);

// The library's losses do so, on every device: here the rows of one call.
using var cpu = new CpuKernels();
using var arena = new Arena(cpu.Memory);
Tensor logits = arena.Upload<float>(new Shape(3, 3), [1, 2, 3, 1001, 1002, 1003, 0, 0, -120]);
Tensor labels = arena.Upload<int>(new Shape(3), [2, 2, 2]), losses = arena.Zeros(new Shape(3)), probs = arena.Zeros(new Shape(3, 3));
cpu.Run(new CrossEntropyForward { Losses = losses, Probs = probs, Logits = logits, Labels = labels });
float[] loss = losses.ToArray<float>(), p = probs.ToArray<float>();
Console.WriteLine($"\ncross-entropy on the processor: losses {Text(loss)}");
Claim("its probabilities are those", Distance(p[3..6], Stable(large)) <= 1e-6);

// The loss is not computed as −log p. exp(−120) is 0 for a float, its logarithm −∞; log Σ exp z − z is a small sum of small numbers.
float fromP = -MathF.Log(p[8]), fromScores = LogSumExp([0, 0, -120]) + 120;
Console.WriteLine($"the last row's label has a score 120 below the others': the loss is {fromP} from its p, {fromScores:F4} from the scores");
Claim("from p it is infinite, and no gradient would come from there", float.IsPositiveInfinity(fromP));
Claim("from the scores it is 120 + log 2, on the processor too", Math.Abs(fromScores - 120.6931) <= 1e-4 && Math.Abs(loss[2] - 120.6931) <= 1e-4);

// Two halves: each has its maximum m and its sum l = Σ exp(z − m). Together m = max(m₁, m₂), l = l₁·exp(m₁ − m) + l₂·exp(m₂ − m).
var random = new PhiloxStream(seed: 4, stream: 0);
float[] row = [.. Enumerable.Range(0, 1000).Select(_ => (float)(30 * random.NextNormal()))];
(float m1, float l1) = Half(row[..300]);
(float m2, float l2) = Half(row[300..]);
float max = MathF.Max(m1, m2), sum = l1 * MathF.Exp(m1 - max) + l2 * MathF.Exp(m2 - max);
Console.WriteLine($"\na row of 1,000 scores: log Σ exp is {max + MathF.Log(sum)} from two parts, {LogSumExp(row)} at once");
Claim("the parts give the whole", Math.Abs(max + MathF.Log(sum) - LogSumExp(row)) <= 1e-4);

Console.WriteLine("""

    Question: what is the softmax of a row of scores that are all −∞, and what should attention do that meets such a block?
    Try: give the gradient, p − onehot, and check it against central differences as in 03. Does it need the maximum?
    """);

static float[] Naive(float[] z) => [.. z.Select(x => MathF.Exp(x) / z.Sum(MathF.Exp))];

static float[] Stable(float[] z) => Naive([.. z.Select(x => x - z.Max())]);

static float LogSumExp(float[] z) => z.Max() + MathF.Log(z.Sum(x => MathF.Exp(x - z.Max())));

static (float Max, float Sum) Half(float[] z) => (z.Max(), z.Sum(x => MathF.Exp(x - z.Max())));

static double Distance(float[] a, float[] b) => a.Zip(b, (x, y) => Math.Abs((double)x - y)).Max();

static string Text(float[] z) => $"({string.Join(", ", z)})";

static void Claim(string what, bool holds) =>
    Console.WriteLine($"  it {(holds ? "holds" : $"does NOT hold (exit code {Environment.ExitCode = 1})")}: {what}");
