using System.IO.MemoryMappedFiles;

namespace BareBert.Bert.Data;

/// <summary>Bytes that do not move: a mapped file, or an array where there is none.</summary>
internal sealed unsafe class TokenMemory : IDisposable
{
    private readonly MemoryMappedFile? _file;
    private readonly MemoryMappedViewAccessor? _view;
    private readonly byte[]? _array;
    private readonly int _length;
    private byte* _start;

    /// <summary>Takes over an array.</summary>
    public TokenMemory(byte[] array)
    {
        _array = array;
        _length = array.Length;
    }

    private TokenMemory(MemoryMappedFile file, int length)
    {
        _file = file;
        _length = length;
        _view = file.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
    }

    /// <summary>Maps a whole file for reading; null when it is empty or over 2 GB, which no cache is.</summary>
    public static TokenMemory? Map(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        if (stream.Length is 0 or > int.MaxValue)
            return null;
        var file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        return new TokenMemory(file, (int)stream.Length);
    }

    /// <summary>All of it.</summary>
    /// <exception cref="ObjectDisposedException">After <see cref="Dispose"/>.</exception>
    public ReadOnlySpan<byte> Bytes
    {
        get
        {
            if (_array is not null)
                return _array;
            ObjectDisposedException.ThrowIf(_start is null, this);
            return new ReadOnlySpan<byte>(_start, _length);
        }
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
