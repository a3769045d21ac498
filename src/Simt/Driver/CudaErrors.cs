using System.Runtime.InteropServices;

namespace BareBert.Simt;

/// <summary>Turns the driver's result codes into sentences.</summary>
internal static unsafe class CudaErrors
{
    public const int OutOfMemory = 2, NoDevice = 100, NoBinaryForGpu = 209, InvalidPtx = 218, UnsupportedPtxVersion = 222,
        NotReady = 600, IllegalAddress = 700, LaunchOutOfResources = 701, LaunchTimeout = 702, HardwareStackError = 714, IllegalInstruction = 715,
        MisalignedAddress = 716, InvalidAddressSpace = 717, LaunchFailed = 719, SystemDriverMismatch = 803;

    /// <summary>CUDA's own name and explanation.</summary>
    public static string Describe(CudaLibrary library, int result)
    {
        byte* name = null, text = null;
        library.GetErrorName(result, &name);
        library.GetErrorString(result, &text);
        return $"{Marshal.PtrToStringUTF8((nint)name) ?? $"CUDA error {result}"}: {Marshal.PtrToStringUTF8((nint)text) ?? "unknown"}";
    }

    /// <summary>Throws if a call failed.</summary>
    /// <param name="doing">What was being done, for the message: "launching saxpy".</param>
    /// <exception cref="RunException">It failed for want of something.</exception>
    /// <exception cref="SimtFaultException">A kernel did something it must not; CUDA does not say where.</exception>
    public static void Check(CudaLibrary library, int result, string doing)
    {
        if (result == 0)
            return;
        string described = Describe(library, result);
        throw result switch
        {
            IllegalAddress or MisalignedAddress or InvalidAddressSpace or IllegalInstruction or HardwareStackError or LaunchFailed =>
                new SimtFaultException("a kernel launched before", $"{described} (seen while {doing}); the same run with `Device` emulated names "
                    + "the kernel, the line and the lane"),
            LaunchTimeout => new RunException($"a kernel ran longer than the system allows: {described}; use a GPU without a display"),
            LaunchOutOfResources => new RunException($"{doing}: {described}; the group needs more registers or shared memory than the GPU has"),
            UnsupportedPtxVersion => new RunException($"{doing}: the NVIDIA driver is too old for PTX 7.8; install driver 520 (CUDA 11.8) or newer"),
            NoBinaryForGpu => new RunException($"{doing}: the GPU is too old; compute capability 8.0 (Ampere) or newer is needed"),
            _ => new RunException($"{doing}: {described}"),
        };
    }
}
