using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace BareBert.Bert.Data;

/// <summary>Bytes that do not move: a mapped file of any size, or an array where there is none.</summary>
internal sealed unsafe class TokenMemory : IDisposable
{
    private readonly MemoryMappedFile? _file;
    private readonly MemoryMappedViewAccessor? _view;
    private readonly byte[]? _array;
    private readonly long _length;
    private byte* _start;

    /// <summary>Takes over an array.</summary>
    public TokenMemory(byte[] array) => (_array, _length) = (array, array.Length);

    /// <summary>Maps a whole file for reading.</summary>
    public TokenMemory(FileStream stream)
    {
        _file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        _length = stream.Length;
        _view = _file.CreateViewAccessor(0, _length, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
    }

    /// <summary>A table.</summary>
    /// <param name="offset">Of its first byte.</param>
    /// <param name="count">Elements.</param>
    /// <exception cref="ObjectDisposedException">After <see cref="Dispose"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">It is not all there.</exception>
    public ReadOnlySpan<T> Table<T>(long offset, int count) where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + (long)count * sizeof(T), _length, nameof(count));
        if (_array is not null)
            return MemoryMarshal.Cast<byte, T>(_array.AsSpan((int)offset, count * sizeof(T)));
        ObjectDisposedException.ThrowIf(_start is null, this);
        return new ReadOnlySpan<T>(_start + offset, count);
    }

    /// <summary>Unmaps the file.</summary>
    public void Dispose()
    {
        if (_start is null)
            return;
        _start = null;
        _view!.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file!.Dispose();
    }
}
