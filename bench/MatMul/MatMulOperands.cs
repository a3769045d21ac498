using System.Runtime.InteropServices;
using BareBert.Kernels;

namespace BareBert.Bench;

/// <summary>Random A and B, and room for C, in native memory; and a check of C.</summary>
public sealed unsafe class MatMulOperands : IDisposable
{
    private readonly MatMulSize _size;

    public MatMulOperands(MatMulSize size)
    {
        _size = size;
        A = Random((nuint)size.M * (nuint)size.K, seed: 1);
        B = Random((nuint)size.K * (nuint)size.N, seed: 2);
        C = Random((nuint)size.M * (nuint)size.N, seed: 3);
    }

    public float* A { get; }
    public float* B { get; }
    public float* C { get; }

    /// <summary>Throws unless C is A·B.</summary>
    /// <remarks>
    /// Freivalds 1977: C·x = A·(B·x) for a random x, in double precision. It looks at every element of C in O(n²) steps,
    /// and a wrong one cannot hide but by chance.
    /// </remarks>
    public void Check(string what)
    {
        var random = new Random(4);
        double[] x = [.. Enumerable.Range(0, _size.N).Select(_ => random.NextDouble() - 0.5)];
        double[] expected = Apply(A, _size.M, _size.K, Apply(B, _size.K, _size.N, x)), actual = Apply(C, _size.M, _size.N, x);
        for (int i = 0; i < _size.M; i++)
        {
            if (!(Math.Abs(expected[i] - actual[i]) <= 1e-6 * Math.Sqrt((double)_size.K * _size.N) * Math.Sqrt(_size.K)))
                throw new InvalidOperationException($"{what} is wrong at {_size}, row {i}: {actual[i]} instead of {expected[i]}");
        }
        new Span<float>(C, checked(_size.M * _size.N)).Fill(float.NaN); // The next one starts from nothing.
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(A);
        NativeMemory.AlignedFree(B);
        NativeMemory.AlignedFree(C);
    }

    /// <summary>Floats in [−0.5, 0.5); to be freed with <see cref="NativeMemory.AlignedFree"/>.</summary>
    public static float* Random(nuint count, int seed)
    {
        var random = new Random(seed);
        float* x = (float*)NativeMemory.AlignedAlloc(count * sizeof(float), 256);
        for (nuint i = 0; i < count; i++)
            x[i] = random.NextSingle() - 0.5f;
        return x;
    }

    private static double[] Apply(float* matrix, int rows, int columns, double[] x)
    {
        var y = new double[rows];
        for (int i = 0; i < rows; i++)
        {
            double sum = 0;
            for (int j = 0; j < columns; j++)
                sum += matrix[(nint)i * columns + j] * x[j];
            y[i] = sum;
        }
        return y;
    }
}
