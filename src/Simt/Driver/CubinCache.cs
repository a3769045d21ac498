using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace BareBert.Simt;

/// <summary>Has the driver assemble PTX, and keeps the machine code on disk: under a hash of the PTX, the driver and the chip, so that
/// none of them can change without a new one being made.</summary>
internal sealed unsafe class CubinCache(CudaLibrary library, CudaDeviceInfo info, string? folder)
{
    private const int ErrorLogBuffer = 5, ErrorLogBytes = 6, InputPtx = 1;
    private const int LogSize = 8192;

    private readonly string folder = folder ?? Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "barebert", "cubin");

    /// <summary>The kernel's machine code from disk; null where there is none, or none that can be read.</summary>
    public byte[]? Find(SimtKernel kernel)
    {
        try
        {
            string path = PathOf(kernel);
            return File.Exists(path) ? File.ReadAllBytes(path) : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Assembled anew: the cache saves time, nothing depends on it.
            return null;
        }
    }

    /// <summary>Makes the kernel's machine code and keeps it.</summary>
    /// <exception cref="RunException">The driver refuses the PTX; its log is in the message.</exception>
    public byte[] Assemble(SimtKernel kernel)
    {
        byte[] cubin = Link(kernel);
        Keep(PathOf(kernel), cubin);
        return cubin;
    }

    private string PathOf(SimtKernel kernel) => Path.Combine(folder, Key(kernel.Ptx, info) + ".cubin");

    /// <summary>What the machine code depends on, as a file name.</summary>
    internal static string Key(string ptx, CudaDeviceInfo info) => Convert.ToHexStringLower(SHA256.HashData(
        Encoding.UTF8.GetBytes($"{info.DriverVersion}\n{info.Name}\n{info.Capability}\n{ptx}")))[..40];

    private void Keep(string path, byte[] cubin)
    {
        try
        {
            Directory.CreateDirectory(folder);
            string temporary = $"{path}.{Environment.ProcessId}";
            File.WriteAllBytes(temporary, cubin);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // A read-only home: the next start assembles again.
        }
    }

    private byte[] Link(SimtKernel kernel)
    {
        byte* log = stackalloc byte[LogSize];
        log[0] = 0;
        int* options = stackalloc int[] { ErrorLogBuffer, ErrorLogBytes };
        void** values = stackalloc void*[] { log, (void*)LogSize };
        nint link = 0;
        CudaErrors.Check(library, library.LinkCreate(2, options, values, &link), "starting the driver's assembler");
        try
        {
            byte[] ptx = Encoding.UTF8.GetBytes(kernel.Ptx + '\0');
            void* cubin = null;
            nuint size = 0;
            int result;
            fixed (byte* text = ptx)
                result = library.LinkAddData(link, InputPtx, text, (nuint)ptx.Length, null, 0, null, null);
            if (result == 0)
                result = library.LinkComplete(link, &cubin, &size);
            string said = Marshal.PtrToStringUTF8((nint)log)!.Trim().ReplaceLineEndings(" | ");
            CudaErrors.Check(library, result, $"assembling {kernel.Name}{(said.Length > 0 ? $" ({said})" : "")}");
            return new ReadOnlySpan<byte>(cubin, (int)size).ToArray();
        }
        finally
        {
            library.LinkDestroy(link);
        }
    }
}
