using BareBert.Autograd;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>The loss of pairs is what its definition says, and its gradient the loss's.</summary>
public sealed class InBatchNegativesTests
{
    private const double Factor = 20;
    private const int Width = 6;

    private static readonly SentencePair[] Pairs = [new("a", "p", "n"), new("b", "q", "m"), new("c", "p", "q"), new("a", "r", "o")];

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void It_is_the_softmax_of_scaled_cosines(int parts)
    {
        using var kernels = new ReferenceKernels<double>();
        using var tape = new Tape(kernels);
        using var arena = new Arena(kernels.Memory);
        SentencePair[] pairs = [.. Pairs.Select(p => parts == 3 ? p : p with { Negative = null })];
        double[] numbers = Numbers(parts * pairs.Length * Width);
        Tensor total = arena.Zeros(new Shape(1), DType.Float64), vectors = arena.Upload<double>(new Shape(parts * pairs.Length, Width), numbers);
        using (tape.Begin(TapeMode.Evaluation))
        {
            double[] losses = InBatchNegatives.Apply(tape, new Variable(vectors), pairs, Factor, total, 0.25).ToArray<double>();
            for (int i = 0; i < losses.Length; i++)
                Assert.True(Math.Abs(losses[i] - Expected(numbers, pairs, parts, i)) <= 1e-5, $"{i}: {losses[i]} {Expected(numbers, pairs, parts, i)}");
            Assert.True(Math.Abs(total.ToArray<double>()[0] - 0.25 * losses.Sum()) <= 1e-12);
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Its_gradient_is_right(int parts)
    {
        using var kernels = new ReferenceKernels<double>();
        using var tape = new Tape(kernels);
        using var arena = new Arena(kernels.Memory);
        SentencePair[] pairs = [.. Pairs.Select(p => parts == 3 ? p : p with { Negative = null })];
        Tensor total = arena.Zeros(new Shape(1), DType.Float64);
        var vectors = new Variable(arena.Upload<double>(new Shape(parts * pairs.Length, Width), Numbers(parts * pairs.Length * Width)), requiresGrad: true);

        double Loss(out double[] gradient, bool backward)
        {
            total.Zero();
            using (tape.Begin(new TapeMode(IsTraining: true, KeepTensors: true)))
            {
                InBatchNegatives.Apply(tape, vectors, pairs, Factor, total, 0.25);
                if (backward)
                    tape.Backward();
                gradient = backward ? vectors.Grad.ToArray<double>() : [];
            }
            vectors.Grad = default;
            return total.ToArray<double>()[0];
        }

        double error = GradientCheck.MaxRelativeError([vectors.Value], () => Loss(out _, false), () =>
        {
            Loss(out double[] gradient, true);
            return [gradient];
        });
        Assert.True(error <= 1e-6, $"relative error {error:E2}");
    }

    /// <summary>Mean over [CLS] and [SEP] too; dropout and layers below play no part here.</summary>
    [Fact]
    public void Means_are_over_each_sequence()
    {
        using var kernels = new CpuKernels(1);
        using var tape = new Tape(kernels);
        using (tape.Begin(TapeMode.Evaluation))
        {
            PackedInputs inputs = PackedInputs.Upload(tape, [0, 0, 0], [0, 0, 1], [0, 0, 0], [0, 1, 3]);
            Variable hidden = tape.Constant(new Shape(3, 2), [1, 2, 3, 4, 5, -6]);
            Assert.Equal([1, 2, 4, -1], Encoder.Means(tape, hidden, inputs).Value.ToArray<float>());
        }
    }

    private static double Expected(double[] numbers, SentencePair[] pairs, int parts, int row)
    {
        int own = pairs.Length;
        double[] At(int i) => numbers[(i * Width)..((i + 1) * Width)];
        double Cosine(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum() / Math.Sqrt(a.Sum(x => x * x) * b.Sum(x => x * x));
        // Rows 0 and 3 are of one text, rows 0 and 2 have one partner, the negative of row 2 is the partner of row 1.
        HashSet<(int Row, int Column)> leftOut = [(0, 2), (2, 0), (0, 3), (3, 0), .. parts == 3 ? [(1, own + 2)] : Array.Empty<(int, int)>()];
        double[] scores = [.. Enumerable.Range(0, (parts - 1) * own).Where(j => !leftOut.Contains((row, j))).Select(j => Factor * Cosine(At(row), At(own + j)))];
        return Math.Log(scores.Sum(Math.Exp)) - Factor * Cosine(At(row), At(own + row));
    }

    private static double[] Numbers(int count)
    {
        var random = new PhiloxStream(3, 9);
        var numbers = new double[count];
        for (int i = 0; i < count; i++)
            numbers[i] = random.NextNormal();
        return numbers;
    }
}
