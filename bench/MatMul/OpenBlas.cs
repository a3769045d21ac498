using System.Reflection;
using System.Runtime.InteropServices;

namespace BareBert.Bench;

/// <summary>OpenBLAS through its C interface, where it is installed (Debian: <c>libopenblas0-pthread</c>): the speed to beat.</summary>
public static unsafe partial class OpenBlas
{
    private const int RowMajor = 101, NoTranspose = 111, Transposed = 112;

    static OpenBlas() => NativeLibrary.SetDllImportResolver(Assembly.GetExecutingAssembly(), Resolve);

    /// <summary>True where the library was found.</summary>
    public static bool Installed { get; } =
        Names.Any(name => NativeLibrary.TryLoad(name, out _));

    /// <summary>What to say where it was not.</summary>
    public const string Hint = "OpenBLAS is not installed (Debian: apt-get install libopenblas0-pthread): its rows are left out";

    private static string[] Names => ["libopenblas.so.0", "libopenblas.so", "libopenblas.dylib", "libopenblas.dll"];

    /// <summary>How many threads its multiplies use from now on.</summary>
    [LibraryImport("openblas", EntryPoint = "openblas_set_num_threads")]
    public static partial void SetThreads(int threads);

    /// <summary>C = op(A)·op(B) + beta·C.</summary>
    public static void MatMul(
        int m, int n, int k, float* a, int lda, bool transposeA, float* b, int ldb, bool transposeB, float* c, int ldc, float beta = 0) =>
        Sgemm(RowMajor, transposeA ? Transposed : NoTranspose, transposeB ? Transposed : NoTranspose,
            m, n, k, 1, a, lda, b, ldb, beta, c, ldc);

    [LibraryImport("openblas", EntryPoint = "cblas_sgemm")]
    private static partial void Sgemm(
        int order, int transposeA, int transposeB, int m, int n, int k,
        float alpha, float* a, int lda, float* b, int ldb, float beta, float* c, int ldc);

    private static nint Resolve(string library, Assembly assembly, DllImportSearchPath? path)
    {
        if (library != "openblas")
            return 0;
        foreach (string name in Names)
        {
            if (NativeLibrary.TryLoad(name, out nint handle))
                return handle;
        }
        return 0;
    }
}
