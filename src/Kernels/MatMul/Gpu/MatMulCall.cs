using BareBert.Simt;
using ILGPU;

namespace BareBert.Kernels;

/// <summary>One multiply as the kernels see it: c = f(op(a)·op(b) + bias), or c += op(a)·op(b).</summary>
internal readonly record struct MatMulCall(ArrayView<float> C, ArrayView<float> A, ArrayView<float> B, int M, int N, int K)
{
    /// <summary>a is [K, M].</summary>
    public bool TransposeA { get; init; }

    /// <summary>b is [N, K].</summary>
    public bool TransposeB { get; init; }

    /// <summary>Distance of a's rows in memory, in elements; 0: they follow one another.</summary>
    public int StrideA { get; init; }

    /// <summary>Distance of b's rows in memory.</summary>
    public int StrideB { get; init; }

    /// <summary>Distance of c's rows in memory.</summary>
    public int StrideC { get; init; }

    /// <summary>Multiplies of consecutive matrices.</summary>
    public int Batch { get; init; } = 1;

    /// <summary>Add to c; bias and activation are left out then.</summary>
    public bool Accumulate { get; init; }

    /// <summary>[N], or nothing.</summary>
    public ArrayView<float> Bias { get; init; }

    /// <summary>As c, takes the sums before the activation; or nothing.</summary>
    public ArrayView<float> PreActivation { get; init; }

    /// <summary>f.</summary>
    public Activation Activation { get; init; }

    /// <summary>Where rows of a or b are longer than K, the elements behind them are zero up to the next multiple of 4.</summary>
    public bool ZeroesBehindK { get; init; }

    /// <summary>True where more becomes of a sum than being stored or added.</summary>
    public bool HasEpilogue => Activation != Activation.None || Bias.Length > 0 || PreActivation.Length > 0;

    public int Lda => StrideA != 0 ? StrideA : TransposeA ? M : K;

    public int Ldb => StrideB != 0 ? StrideB : TransposeB ? K : N;

    public int Ldc => StrideC != 0 ? StrideC : N;

    /// <summary>True where every row of every operand starts at a multiple of 16 bytes and k can be read in fours.</summary>
    public bool IsAligned
    {
        get
        {
            ulong addresses = DeviceView.AddressOf(A) | DeviceView.AddressOf(B) | DeviceView.AddressOf(C) | DeviceView.AddressOf(PreActivation);
            bool rows = (Lda | Ldb | Ldc) % 4 == 0 && (Batch == 1 || ((long)M * K | (long)N * K | (long)M * N) % 4 == 0);
            bool ks = K % 4 == 0 || ZeroesBehindK || (TransposeA && !TransposeB);
            return addresses % 16 == 0 && rows && ks;
        }
    }
}
