// A matrix multiply, from three loops to registers
//
// Seen here: the same sums six times. The order of the loops, vectors and registers each make them faster, and the engine that models
// are trained with adds packing and all cores. Every rung is checked before it is timed; the times are this machine's.
#:project ../../src/Kernels/BareBert.Kernels.csproj
#:property TieredCompilation=false
using System.Diagnostics;
using System.Numerics;
using BareBert;
using BareBert.Kernels;

Console.WriteLine("One multiply, six times: three loops, their order, vectors, registers, and the library's packed panels on one core and on all.\n");

const int N = 384; // C = A·B, all N × N
float[] a = new float[N * N], b = new float[N * N], truth = new float[N * N];
NormalFill.Fill(a, deviation: 1, seed: 6, stream: 0);
NormalFill.Fill(b, deviation: 1, seed: 6, stream: 1);
Naive(a, b, truth);

using CpuKernels one = new(threads: 1), all = new();
double first = Rung("1 three loops", Naive), second = Rung("2 loop order", LoopOrder), third = Rung("3 vectors", Vectors), fourth = Rung("4 registers", Registers);
double fifth = Rung("5 the library, one core", Library(one)), sixth = Rung($"6 the library, {all.Threads} threads", Library(all));
Claim("the library is more than four times as fast as three loops", Math.Max(fifth, sixth) > 4 * first);

Console.WriteLine("""

    Question: a step of rung 3 loads two vectors and stores one for each multiply-add. How many does rung 4, with its tile of 4 × 2?
    Try: a tile of 6 × 2 in rung 4. Where the processor has 32 registers it is faster, where it has 16 it may not be: why?
    """);

// The definition. b is read down a column: another cache line for each element; and each addition waits for the one before it.
static void Naive(float[] a, float[] b, float[] c)
{
    for (int i = 0; i < N * N; i++)
    {
        float sum = 0;
        for (int k = 0; k < N; k++)
            sum += a[i / N * N + k] * b[k * N + i % N];
        c[i] = sum;
    }
}

// The inner loops change places: b and c are read along their rows, and the additions of a row do not wait for each other.
static void LoopOrder(float[] a, float[] b, float[] c)
{
    for (int i = 0; i < N * N; i++) // a's elements: row i / N, column i % N
    {
        for (int j = 0; j < N; j++)
            c[i / N * N + j] += a[i] * b[i % N * N + j];
    }
}

// The same a vector at a time: one instruction multiplies and adds 8 or 16 numbers. c still goes to the cache and back for each k.
static void Vectors(float[] a, float[] b, float[] c)
{
    for (int i = 0; i < N * N; i++)
    {
        for (int j = 0; j < N; j += Vector<float>.Count)
        {
            ref float to = ref c[i / N * N + j];
            Vector.FusedMultiplyAdd(new Vector<float>(a[i]), Vector.LoadUnsafe(ref b[i % N * N + j]), Vector.LoadUnsafe(ref to)).StoreUnsafe(ref to);
        }
    }
}

// A tile of c, four rows by two vectors, stays in registers while k runs.
static void Registers(float[] a, float[] b, float[] c)
{
    for (int tile = 0, w = Vector<float>.Count; tile < N * N / (8 * w); tile++)
    {
        int i = tile % (N / 4) * 4 * N, j = tile / (N / 4) * 2 * w;
        Vector<float> c0 = default, d0 = c0, c1 = c0, d1 = c0, c2 = c0, d2 = c0, c3 = c0, d3 = c0;
        for (int k = 0; k < N; k++)
        {
            Vector<float> left = Vector.LoadUnsafe(ref b[k * N + j]), right = Vector.LoadUnsafe(ref b[k * N + j + w]);
            Vector<float> x0 = new(a[i + k]), x1 = new(a[i + N + k]), x2 = new(a[i + 2 * N + k]), x3 = new(a[i + 3 * N + k]);
            (c0, d0) = (Vector.FusedMultiplyAdd(x0, left, c0), Vector.FusedMultiplyAdd(x0, right, d0));
            (c1, d1) = (Vector.FusedMultiplyAdd(x1, left, c1), Vector.FusedMultiplyAdd(x1, right, d1));
            (c2, d2) = (Vector.FusedMultiplyAdd(x2, left, c2), Vector.FusedMultiplyAdd(x2, right, d2));
            (c3, d3) = (Vector.FusedMultiplyAdd(x3, left, c3), Vector.FusedMultiplyAdd(x3, right, d3));
        }
        ReadOnlySpan<Vector<float>> sums = [c0, d0, c1, d1, c2, d2, c3, d3];
        for (int t = 0; t < sums.Length; t++)
            sums[t].StoreUnsafe(ref c[i + t / 2 * N + j + t % 2 * w]);
    }
}

// Panels of a and b copied in the order in which they are read, tiles of up to 14 rows: src/Kernels/MatMul/README.md.
static Action<float[], float[], float[]> Library(IKernels kernels)
{
    Tensor[] t = [.. Enumerable.Range(0, 3).Select(_ => new Arena(kernels.Memory).Allocate(new Shape(N, N)))];
    return (a, b, c) =>
    {
        t[0].Upload<float>(a);
        t[1].Upload<float>(b);
        kernels.Run(new MatrixMultiply { A = t[0], B = t[1], C = t[2] });
        t[2].Download<float>(c);
    };
}

// Checks a rung, then takes the best of the runs that half a second holds: how many of them a second would.
double Rung(string name, Action<float[], float[], float[]> multiply)
{
    var c = new float[N * N];
    multiply(a, b, c);
    double worst = c.Zip(truth, (x, y) => Math.Abs(x - y)).Max(), best = double.MaxValue;
    for (var clock = Stopwatch.StartNew(); clock.Elapsed.TotalSeconds < 0.5;)
    {
        Array.Clear(c);
        long start = Stopwatch.GetTimestamp();
        multiply(a, b, c);
        best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
    }
    Console.WriteLine($"{name,-28}{2e-9 * N * N * N / best,8:F1} GFLOP/s");
    return worst <= 1e-3 ? 1 / best : throw new InvalidOperationException($"{name} is wrong by {worst}");
}

static void Claim(string what, bool holds) =>
    Console.WriteLine($"  it {(holds ? "holds" : $"does NOT hold (exit code {Environment.ExitCode = 1})")}: {what}");
