using System.Runtime.InteropServices;
using BareBert.Kernels;
using BareBert.Simt;

namespace BareBert.Bench;

/// <summary>cuBLAS through its C interface, where it is installed: the speed to beat.</summary>
internal sealed unsafe class CuBlas : IDisposable
{
    // cublas_api.h and library_types.h.
    private const int NoTranspose = 0, DefaultMath = 0, Tf32Math = 3, Float32 = 0, BFloat16 = 14, ComputeFloat32 = 68, DefaultAlgorithm = -1;

    private readonly delegate* unmanaged<nint, int> _destroy;
    private readonly delegate* unmanaged<nint, int, int> _setMathMode;
    private readonly delegate* unmanaged<nint, int, int, int, int, int, float*, void*, int, int, void*, int, int, float*, void*, int, int, int, int, int> _gemm;
    private readonly nint _handle;

    private CuBlas(nint library, CudaDevice device)
    {
        nint Export(string name) => NativeLibrary.GetExport(library, name);
        _destroy = (delegate* unmanaged<nint, int>)Export("cublasDestroy_v2");
        _setMathMode = (delegate* unmanaged<nint, int, int>)Export("cublasSetMathMode");
        _gemm = (delegate* unmanaged<nint, int, int, int, int, int, float*, void*, int, int, void*, int, int, float*, void*, int, int, int, int, int>)Export("cublasGemmEx");
        var create = (delegate* unmanaged<nint*, int>)Export("cublasCreate_v2");
        var setStream = (delegate* unmanaged<nint, nint, int>)Export("cublasSetStream_v2");
        // Waiting makes the device's context this thread's, which is the one that a handle is made in.
        device.Synchronize();
        fixed (nint* handle = &_handle)
            Check(create(handle), "starting");
        Check(setStream(_handle, device.Stream), "choosing the stream");
    }

    /// <summary>The library; null with the reason where it was not found.</summary>
    /// <param name="device">Whose stream it works on.</param>
    /// <param name="path">The library's file; null: its usual names.</param>
    /// <param name="reason">Why there is none.</param>
    public static CuBlas? TryOpen(ISimtDevice device, string? path, out string reason)
    {
        reason = "";
        if (device is not CudaDevice cuda)
        {
            reason = "cuBLAS is left out: it runs on GPUs only";
            return null;
        }
        foreach (string name in path is null ? Names : [path])
        {
            if (NativeLibrary.TryLoad(name, out nint library))
                return new CuBlas(library, cuda);
        }
        reason = $"cuBLAS is left out: {string.Join(", ", path is null ? Names : [path])} not found; it comes with the CUDA toolkit and with PyTorch: --cublas PATH/libcublas.so.12";
        return null;
    }

    /// <summary>c = a·b of [n, n] matrices; of a and b in bfloat16, two numbers a word, for that precision.</summary>
    public void MatMul(Tensor c, Tensor a, Tensor b, int n, Precision precision)
    {
        Check(_setMathMode(_handle, precision == Precision.Tf32 ? Tf32Math : DefaultMath), "choosing the precision");
        int type = precision == Precision.Bf16 ? BFloat16 : Float32;
        float one = 1, zero = 0;
        // Column-major: cᵀ = bᵀ·aᵀ.
        Check(_gemm(_handle, NoTranspose, NoTranspose, n, n, n, &one, (void*)b.Address, type, n, (void*)a.Address, type, n, &zero,
            (void*)c.Address, Float32, n, ComputeFloat32, DefaultAlgorithm), "multiplying");
    }

    public void Dispose() => _destroy(_handle);

    private static string[] Names => OperatingSystem.IsWindows()
        ? ["cublas64_13.dll", "cublas64_12.dll", "cublas64_11.dll"]
        : ["libcublas.so.13", "libcublas.so.12", "libcublas.so.11", "libcublas.so"];

    private static void Check(int status, string doing)
    {
        if (status != 0)
            throw new RunException($"cuBLAS failed: {doing}: status {status}; leave the library out, or give another --cublas");
    }
}
