// Layer normalisation, derived and checked
//
// Seen here: what LayerNorm does to a row; its derivative, first as the whole matrix ∂y/∂x that school calculus gives, then as the two
// sums over a row that the kernels compute, and that both are what central differences say; what the gradient cannot contain, because
// a shift and a scaling of the row change nothing; and why the variance is taken in a second pass.
#:project ../../src/Kernels/BareBert.Kernels.csproj
using BareBert;
using BareBert.Kernels;

Console.WriteLine("LayerNorm's gradient by matrix, by two sums and by differences is one; and a variance in one pass loses its digits.\n");

const int C = 6;
const double Eps = 1e-5;
var random = new PhiloxStream(seed: 5, stream: 0);
double[] Draw(double mean = 0) => [.. Enumerable.Range(0, C).Select(_ => mean + random.NextNormal())];
double[] x = Draw(mean: 3), weight = Draw(), bias = Draw(), dy = Draw();

// Forward, by definition: x̂ = (x − m)·r with r = 1/√(variance + ε), y = x̂·w + b.
(double[] normal, double r) = Normalise(x);
Console.WriteLine($"a row        {Text(x)}\nnormalised   {Text(normal)}");
Claim("its mean is 0 and its variance 1, but for ε", Math.Abs(normal.Average()) <= 1e-12 && Math.Abs(normal.Average(v => v * v) - 1) <= 1e-4);

// The whole matrix. m and r depend on every x, so ∂x̂ⱼ/∂xᵢ = r·(δᵢⱼ − 1/C − x̂ᵢ·x̂ⱼ/C); then the chain rule: dxᵢ = Σⱼ gⱼ·∂x̂ⱼ/∂xᵢ, gⱼ = dyⱼ·wⱼ.
double[] g = [.. dy.Zip(weight, (d, w) => d * w)];
double[] byMatrix = [.. Enumerable.Range(0, C).Select(i => Enumerable.Range(0, C).Sum(j => g[j] * r * ((i == j ? 1 : 0) - 1.0 / C - normal[i] * normal[j] / C)))];

// The two sums: mean(g) and mean(g·x̂) do not depend on i, so the matrix is never made: C² becomes 2·C.
double meanG = g.Average(), meanGx = g.Zip(normal, (a, b) => a * b).Average();
double[] bySums = [.. Enumerable.Range(0, C).Select(i => r * (g[i] - meanG - normal[i] * meanGx))];
Claim("matrix and sums agree", Distance(byMatrix, bySums) <= 1e-12);

double[] byDifferences = [.. Enumerable.Range(0, C).Select(i => (Loss(i, 1e-6) - Loss(i, -1e-6)) / 2e-6)];
Console.WriteLine($"\ndx           {Text(bySums)}\ndifferences  {Text(byDifferences)}");
Claim("and are what differences say", Distance(bySums, byDifferences) <= 1e-8);
Claim("Σ dx = 0: a shift of the row changes nothing", Math.Abs(bySums.Sum()) <= 1e-12);
Claim("Σ dx·x̂ = 0: nor does a scaling, but for ε", Math.Abs(bySums.Zip(normal, (a, b) => a * b).Sum()) <= 1e-4);

// The library's kernels: the reference in double precision, and what a model trains with, in single precision with SIMD.
using (var exact = new ReferenceKernels<double>())
    Claim("the reference gives the same", Distance(Kernel<double>(exact), bySums) <= 1e-12);
using var cpu = new CpuKernels();
Claim("the processor's kernel too, to a float's precision", Distance(Kernel<float>(cpu), bySums) <= 1e-5);

// Variance in one pass, E[x²] − m², of a row around 10,000: the squares are around 10⁸, and a float holds no more than seven digits.
float[] far = [.. Enumerable.Range(0, 1000).Select(_ => (float)(10_000 + random.NextNormal()))];
float mean = far.Average(), onePass = far.Sum(v => v * v) / far.Length - mean * mean, twoPasses = far.Sum(v => (v - mean) * (v - mean)) / far.Length;
double truth = far.Average(v => ((double)v - far.Average(u => (double)u)) * ((double)v - far.Average(u => (double)u)));
Console.WriteLine($"\nvariance of numbers around 10,000: {truth:F4}; in one pass {onePass:F4}, in two {twoPasses:F4}");
Claim("two passes are right to a thousandth, one is not to a tenth", Math.Abs(twoPasses / truth - 1) <= 1e-3 && Math.Abs(onePass / truth - 1) > 0.1);

Console.WriteLine("""

    Question: the second pass reads the row again. Why does it cost next to nothing? (A row of BERT-base is 3 KB.)
    Try: RMSNorm: leave the mean out, y = x·r·w with r = 1/√(mean(x²) + ε). Which of the two sums remains, and which zero?
    """);

double Loss(int moved, double by)
{
    (double[] moving, _) = Normalise([.. x.Select((v, i) => i == moved ? v + by : v)]);
    return Enumerable.Range(0, C).Sum(j => dy[j] * (moving[j] * weight[j] + bias[j]));
}

static (double[] Normal, double R) Normalise(double[] row)
{
    double m = row.Average(), rstd = 1 / Math.Sqrt(row.Average(v => (v - m) * (v - m)) + Eps);
    return ([.. row.Select(v => (v - m) * rstd)], rstd);
}

double[] Kernel<T>(IKernels kernels) where T : unmanaged, System.Numerics.INumber<T>
{
    using var arena = new Arena(kernels.Memory);
    Tensor Up(double[] values, Shape shape) => arena.Upload<T>(shape, [.. values.Select(T.CreateChecked)]);
    Shape row = new(1, C), vector = new(C), one = new(1);
    Tensor xs = Up(x, row), ws = Up(weight, vector), dx = Up(new double[C], row), means = Up([0], one), rstds = Up([0], one);
    kernels.Run(new LayerNormForward { Y = Up(new double[C], row), Mean = means, Rstd = rstds, X = xs, Weight = ws, Bias = Up(bias, vector), Eps = Eps });
    kernels.Run(new LayerNormBackward { DX = dx, DY = Up(dy, row), X = xs, Mean = means, Rstd = rstds, Weight = ws });
    return [.. dx.ToArray<T>().Select(double.CreateChecked)];
}

static double Distance(double[] a, double[] b) => a.Zip(b, (p, q) => Math.Abs(p - q)).Max();

static string Text(double[] v) => string.Join("  ", v.Select(u => $"{u,8:F4}"));

static void Claim(string what, bool holds) =>
    Console.WriteLine($"  it {(holds ? "holds" : $"does NOT hold (exit code {Environment.ExitCode = 1})")}: {what}");
