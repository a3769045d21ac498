using System.Numerics.Tensors;
using System.Reflection;
using BareBert.Kernels;
using BenchmarkDotNet.Attributes;
using MathNet.Numerics.LinearAlgebra.Single;

namespace BareBert.Bench;

/// <summary>The engine beside other libraries, on one size; each is checked before it is timed.</summary>
public abstract unsafe partial class MatMulSuite
{
    private static readonly HashSet<(Type Suite, MatMulSize Size)> Checked = [];

    private readonly ThreadTeam _alone = new(1), _team = new();
    private Gemm _gemm1 = null!, _gemm = null!;
    private MatMulOperands _operands = null!;
    private DenseMatrix _left = null!, _right = null!, _product = null!;
    private float[] _rows = [], _columns = [];

    public abstract required MatMulSize Size { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _operands = new MatMulOperands(Size);
        (_gemm1, _gemm) = (new Gemm(_alone), new Gemm(_team));
        // MathNet stores columns; the dot products want B's columns as rows.
        _left = DenseMatrix.Create(Size.M, Size.K, (i, l) => _operands.A[i * Size.K + l]);
        _right = DenseMatrix.Create(Size.K, Size.N, (l, j) => _operands.B[l * Size.N + j]);
        _product = new DenseMatrix(Size.M, Size.N);
        _rows = new Span<float>(_operands.A, Size.M * Size.K).ToArray();
        _columns = _right.Values;
        if (OpenBlas.Installed)
            OpenBlas.SetThreads(_team.Count);
        SetUpPeers();
        CheckAll();
    }

    [GlobalCleanup]
    public void CleanUp()
    {
        _operands.Dispose();
        _gemm1.Dispose();
        _gemm.Dispose();
        CleanUpPeers();
    }

    [Benchmark(Description = "6 packed panels"), Library(LibraryAttribute.Ours, OneThread = true)]
    public void PackedPanels() => _gemm1.Run(Call());

    [Benchmark(Description = "7 all cores"), Library(LibraryAttribute.Ours)]
    public void AllCores() => _gemm.Run(Call());

    [Benchmark(Description = "MathNet.Numerics")]
    public void MathNet() => _left.Multiply(_right, _product);

    [Benchmark(Description = "TensorPrimitives.Dot")]
    public void Tensors()
    {
        int n = Size.N, k = Size.K;
        for (int i = 0; i < Size.M; i++)
        {
            ReadOnlySpan<float> row = _rows.AsSpan(i * k, k);
            for (int j = 0; j < n; j++)
                _operands.C[(nint)i * n + j] = TensorPrimitives.Dot(row, _columns.AsSpan(j * k, k));
        }
    }

    [Benchmark(Description = "OpenBLAS"), Library(LibraryAttribute.OpenBlas)]
    public void OpenBlasMultiply() =>
        OpenBlas.MatMul(Size.M, Size.N, Size.K, _operands.A, Size.K, false, _operands.B, Size.N, false, _operands.C, Size.N);

    private protected void Run<TMatMul>() where TMatMul : IMatMul =>
        TMatMul.Multiply(Size.M, Size.N, Size.K, _operands.A, _operands.B, _operands.C);

    // Rows of -p:Peers=true.
    partial void SetUpPeers();

    partial void CleanUpPeers();

    partial void CopyPeersProduct(string method);

    // Every benchmark of the suite once, and what it left in C. Each of them is set up so: the first does it for all.
    private void CheckAll()
    {
        if (Checked.Contains((GetType(), Size)))
            return;
        foreach (MethodInfo method in GetType().GetMethods())
        {
            if (!method.IsDefined(typeof(BenchmarkAttribute), inherit: true) || method.GetCustomAttribute<LibraryAttribute>() is { IsHere: false })
                continue;
            method.Invoke(this, null);
            if (method.Name == nameof(MathNet))
                CopyProduct();
            CopyPeersProduct(method.Name);
            _operands.Check(method.Name);
        }
        Checked.Add((GetType(), Size));
    }

    private void CopyProduct()
    {
        for (int i = 0; i < Size.M; i++)
        {
            for (int j = 0; j < Size.N; j++)
                _operands.C[(nint)i * Size.N + j] = _product.At(i, j);
        }
    }

    private GemmCall Call() => new()
    {
        M = Size.M,
        N = Size.N,
        K = Size.K,
        A = _operands.A,
        Lda = Size.K,
        B = _operands.B,
        Ldb = Size.N,
        C = _operands.C,
        Ldc = Size.N,
    };
}
