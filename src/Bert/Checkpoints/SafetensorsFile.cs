using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace BareBert.Bert.Checkpoints;

/// <summary>
/// A safetensors file, mapped into memory: opening reads the header only, tensors are paged in as they are read.
/// </summary>
/// <remarks>
/// The file must not shrink while it is open. Checkpoints are replaced by renaming (<see cref="AtomicDirectory"/>),
/// never rewritten in place, so an open one stays whole.
/// </remarks>
internal sealed unsafe class SafetensorsFile : ITensorSource
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly SafetensorsHeader _header;
    private readonly byte* _data;
    private bool _disposed;

    private SafetensorsFile(string path, MemoryMappedFile file, MemoryMappedViewAccessor view, long length)
    {
        Path = path;
        _file = file;
        _view = view;
        byte* start = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        start += view.PointerOffset;
        try
        {
            InputFiles.RefusePointer(new ReadOnlySpan<byte>(start, (int)Math.Min(InputFiles.PointerLength, length)), path);
            int headerLength = SafetensorsHeader.ReadLength(new ReadOnlySpan<byte>(start, (int)Math.Min(8, length)), length, path);
            byte[] json = new ReadOnlySpan<byte>(start + 8, headerLength).ToArray();
            _header = SafetensorsHeader.Parse(json, length - 8 - headerLength, path);
            _data = start + 8 + headerLength;
        }
        catch
        {
            view.SafeMemoryMappedViewHandle.ReleasePointer();
            throw;
        }
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, StoredTensor> Tensors => _header.Tensors;

    /// <summary>The strings of <c>__metadata__</c>; the usual one is <c>format: pt</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _header.Metadata;

    /// <summary>Opens a file and checks its header against its length.</summary>
    /// <exception cref="InputException">Missing, unreadable, or not a whole and consistent safetensors file.</exception>
    public static SafetensorsFile Open(string path)
    {
        MemoryMappedFile? file = null;
        MemoryMappedViewAccessor? view = null;
        try
        {
            long length = LengthOf(path);
            if (length == 0) // An empty file cannot be mapped.
                SafetensorsHeader.ReadLength([], 0, path);
            file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
            view = file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
            return new SafetensorsFile(path, file, view, length);
        }
        catch (Exception e)
        {
            view?.Dispose();
            file?.Dispose();
            if (e is IOException or UnauthorizedAccessException)
                throw InputFiles.CannotRead(path, e);
            throw;
        }
    }

    // Of what a link points to, as in the hub's cache, not of the link.
    private static long LengthOf(string path)
    {
        using Microsoft.Win32.SafeHandles.SafeFileHandle handle = File.OpenHandle(path);
        return RandomAccess.GetLength(handle);
    }

    /// <summary>Reads a tensor's elements as they are stored, little-endian.</summary>
    /// <returns>A view of the mapped file, valid until the file is disposed of.</returns>
    /// <exception cref="InputException">No such tensor, or one of 2 GiB and more.</exception>
    public ReadOnlySpan<byte> Bytes(string name)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        StoredTensor tensor = this.Find(name);
        long length = _header.Lengths[name];
        if (length > int.MaxValue)
            throw new InputException($"a tensor too large to read at once: {Printable.Quote(name)} {tensor.ShapeText} in {Path}");
        return new ReadOnlySpan<byte>(_data + _header.Offsets[name], (int)length);
    }

    /// <inheritdoc/>
    public void ReadFloats(string name, Span<float> destination)
    {
        this.CheckFloats(name, destination.Length).Type.ToFloats(Bytes(name), destination);
    }

    /// <summary>Reads an I64 or I32 tensor.</summary>
    /// <exception cref="InputException">No such tensor, or not of these types.</exception>
    public long[] ReadIntegers(string name)
    {
        ReadOnlySpan<byte> bytes = Bytes(name);
        switch (Tensors[name].Type)
        {
            case StoredType.I64:
                return MemoryMarshal.Cast<byte, long>(bytes).ToArray();
            case StoredType.I32:
                return Array.ConvertAll(MemoryMarshal.Cast<byte, int>(bytes).ToArray(), i => (long)i);
            default:
                throw new InputException($"not a tensor of integers: {Printable.Quote(name)} is {Tensors[name].Type} in {Path}");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }
}
