using System.Runtime.InteropServices;

namespace BareBert.Kernels;

/// <summary>Memory that the processor may run: written first, made executable then, never both, kept as long as the process lives.</summary>
internal static unsafe partial class ExecutableMemory
{
    /// <summary>Puts code where it can be called.</summary>
    /// <returns>Its first instruction; 0 where the system does not allow it, or is neither Linux nor Windows.</returns>
    public static nint Publish(ReadOnlySpan<byte> code) =>
        OperatingSystem.IsLinux() ? OnLinux(code) : OperatingSystem.IsWindows() ? OnWindows(code) : 0;

    private static nint OnLinux(ReadOnlySpan<byte> code)
    {
        const int Read = 1, Write = 2, Execute = 4, Private = 2, Anonymous = 0x20, Failed = -1;
        nint memory = Map(0, (nuint)code.Length, Read | Write, Private | Anonymous, -1, 0);
        if (memory == Failed)
            return 0;
        code.CopyTo(new Span<byte>((void*)memory, code.Length));
        if (Protect(memory, (nuint)code.Length, Read | Execute) == 0)
            return memory;
        _ = Unmap(memory, (nuint)code.Length);
        return 0;
    }

    private static nint OnWindows(ReadOnlySpan<byte> code)
    {
        const uint CommitAndReserve = 0x3000, ReadWrite = 0x04, ExecuteRead = 0x20, Release = 0x8000;
        nint memory = VirtualAlloc(0, (nuint)code.Length, CommitAndReserve, ReadWrite);
        if (memory == 0)
            return 0;
        code.CopyTo(new Span<byte>((void*)memory, code.Length));
        if (VirtualProtect(memory, (nuint)code.Length, ExecuteRead, out _) != 0)
            return memory;
        _ = VirtualFree(memory, 0, Release);
        return 0;
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint Map(nint address, nuint bytes, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Protect(nint address, nuint bytes, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(nint address, nuint bytes);

    [LibraryImport("kernel32")]
    private static partial nint VirtualAlloc(nint address, nuint bytes, uint type, uint protection);

    [LibraryImport("kernel32")]
    private static partial int VirtualProtect(nint address, nuint bytes, uint protection, out uint before);

    [LibraryImport("kernel32")]
    private static partial int VirtualFree(nint address, nuint bytes, uint type);
}
