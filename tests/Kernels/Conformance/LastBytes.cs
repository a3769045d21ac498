using System.Runtime.InteropServices;

namespace BareBert.Tests;

/// <summary>Memory that ends where a page begins which may not be touched. Linux only.</summary>
internal sealed partial class LastBytes : IDisposable
{
    private const int ReadAndWrite = 3, PrivateAndAnonymous = 0x22;

    private readonly nint _start;
    private readonly nuint _length;

    public LastBytes(nuint bytes)
    {
        var page = (nuint)Environment.SystemPageSize;
        nuint room = (bytes + page - 1) / page * page;
        _length = room + page;
        _start = Map(0, _length, ReadAndWrite, PrivateAndAnonymous, -1, 0);
        if (_start == -1 || Protect(_start + (nint)room, page, 0) != 0)
            throw new InvalidOperationException($"no {_length} bytes to test with: error {Marshal.GetLastPInvokeError()}");
        Address = _start + (nint)(room - bytes);
    }

    public nint Address { get; }

    public void Dispose() => _ = Unmap(_start, _length);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint at, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    private static partial int Protect(nint at, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(nint at, nuint length);
}
