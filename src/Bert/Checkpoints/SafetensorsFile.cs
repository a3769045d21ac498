using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace BareBert.Bert.Checkpoints;

/// <summary>
/// A safetensors file, mapped into memory: opening reads the header only, tensors are paged in as they are read.
/// </summary>
/// <remarks>
/// The file must not shrink while it is open. Checkpoints are replaced by renaming (<see cref="AtomicDirectory"/>),
/// never rewritten in place, so an open one stays whole.
/// </remarks>
internal sealed unsafe class SafetensorsFile : ITensorSource, IMappedTensors
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly SafetensorsHeader _header;
    private readonly byte* _start, _data;
    private bool _disposed;

    private SafetensorsFile(string path, MemoryMappedFile file, MemoryMappedViewAccessor view, long length)
    {
        Path = path;
        _file = file;
        _view = view;
        byte* start = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        start += view.PointerOffset;
        _start = start;
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
        SafeFileHandle? handle = null;
        MemoryMappedFile? file = null;
        MemoryMappedViewAccessor? view = null;
        try
        {
            handle = File.OpenHandle(path);
            long length = RandomAccess.GetLength(handle); // of what a link points to, as in the hub's cache, not of the link
            if (length == 0) // An empty file cannot be mapped.
                SafetensorsHeader.ReadLength([], 0, path);
            // A parameter that is used in place may be set: nobody else is to see it, nor need the file be one that may be written.
            file = MemoryMappedFile.CreateFromFile(handle, null, 0, MemoryMappedFileAccess.CopyOnWrite, HandleInheritability.None, leaveOpen: false);
            view = file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.CopyOnWrite);
            return new SafetensorsFile(path, file, view, length);
        }
        catch (Exception e)
        {
            view?.Dispose();
            file?.Dispose();
            handle?.Dispose();
            if (e is IOException or UnauthorizedAccessException)
                throw InputFiles.CannotRead(path, e);
            throw;
        }
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
    public nint AddressOf(string name)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        nint address = (nint)(_data + _header.Offsets[name]);
        return BitConverter.IsLittleEndian && Tensors[name].Type == StoredType.F32 && Tensors[name].Count > 0 && address % sizeof(float) == 0 ? address : 0;
    }

    /// <inheritdoc/>
    public void RequireFinite(string name)
    {
        // Read, not looked at in place: pages that nothing needs later would count as this process's.
        using Microsoft.Win32.SafeHandles.SafeFileHandle file = File.OpenHandle(Path, options: FileOptions.SequentialScan);
        long first = _data - _start + _header.Offsets[name], count = Tensors[name].Count;
        var piece = new float[(int)Math.Min(count, 1 << 14)];
        for (long done = 0; done < count; done += piece.Length)
        {
            Span<float> values = piece.AsSpan(0, (int)Math.Min(piece.Length, count - done));
            ReadExactly(file, MemoryMarshal.AsBytes(values), first + done * sizeof(float));
            this.RequireFinite(name, values, done);
        }
    }

    private void ReadExactly(Microsoft.Win32.SafeHandles.SafeFileHandle file, Span<byte> bytes, long offset)
    {
        try
        {
            while (bytes.Length > 0)
            {
                int read = RandomAccess.Read(file, bytes, offset);
                if (read == 0)
                    throw new InputException($"cut short while it was read: {Path}; copy or download it again");
                bytes = bytes[read..];
                offset += read;
            }
        }
        catch (IOException e)
        {
            throw InputFiles.CannotRead(Path, e);
        }
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
