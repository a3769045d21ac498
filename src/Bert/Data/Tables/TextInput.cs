using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace BareBert.Bert.Data;

/// <summary>Opens a file that people wrote, unpacked where it is packed by gzip, to be read once from its start to its end.</summary>
internal sealed class TextInput : Stream
{
    private const int BufferBytes = 1 << 16;

    /// <summary>UTF-8 that throws at what is none.</summary>
    public static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly string _path;
    private readonly BufferedStream _file;
    private readonly Stream _inner;
    private readonly Action<long>? _watch;
    private readonly uint? _unpackedSize; // of packed files, modulo 2³²
    private long _read;

    private TextInput(string path, Action<long>? watch = null)
    {
        (_path, _watch) = (path, watch);
        BufferedStream file = _file = new BufferedStream(InputFiles.Open(path), BufferBytes);
        _inner = file;
        try
        {
            bool isPacked = file.ReadByte() == 0x1F && file.ReadByte() == 0x8B;
            file.Position = 0;
            if (!isPacked)
                return;
            _unpackedSize = SizeAtEnd(file);
            _inner = new GZipStream(file, CompressionMode.Decompress);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            file.Dispose();
            throw InputFiles.CannotRead(path, e);
        }
    }

    /// <summary>The bytes.</summary>
    /// <exception cref="InputException">Missing or unreadable; reading throws where it is damaged, a Git LFS pointer, or holds NUL bytes, as binary files and UTF-16 do.</exception>
    public static Stream OpenBytes(string path) => new TextInput(path);

    /// <summary>The characters: UTF-8, with what is not UTF-8 replaced, without a byte order mark.</summary>
    /// <param name="path">The file.</param>
    /// <param name="encoding">Another one.</param>
    /// <param name="watch">Is told how many of the file's bytes, packed ones where it is packed, have been read.</param>
    /// <inheritdoc cref="OpenBytes"/>
    public static StreamReader Open(string path, Encoding? encoding = null, Action<long>? watch = null) => new(new TextInput(path, watch), encoding ?? Encoding.UTF8, detectEncodingFromByteOrderMarks: false, BufferBytes);

    /// <summary>Reads a file to its end and throws where it is not UTF-8.</summary>
    /// <inheritdoc cref="OpenBytes"/>
    public static void RequireUtf8(string path)
    {
        using StreamReader reader = Open(path, StrictUtf8);
        var block = new char[BufferBytes];
        try
        {
            while (reader.Read(block) > 0)
            {
            }
        }
        catch (DecoderFallbackException e)
        {
            throw new InputException($"not UTF-8 text: {path}: it holds the bytes {Convert.ToHexString(e.BytesUnknown!)}; convert it, as by iconv -f latin1 -t utf-8", e);
        }
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => _read; set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        try
        {
            int count = _inner.Read(buffer);
            if (buffer[..count].Contains((byte)0))
                throw new InputException($"this is not a text file, it holds NUL bytes: {_path}; give UTF-8 text (a UTF-16 file has to be converted)");
            if (_read == 0)
                InputFiles.RefusePointer(buffer[..count], _path);
            _read += count;
            _watch?.Invoke(_file.Position);
            // GZipStream takes the end of a file that was cut short for the end of what is packed.
            if (count == 0 && buffer.Length > 0 && _unpackedSize is { } size && size != (uint)_read)
                throw new InvalidDataException("it does not end where it says");
            return count;
        }
        catch (InvalidDataException e)
        {
            throw new InputException($"damaged, cut short, or several gzip files in one: {_path}: {e.Message.ReplaceLineEndings(" ")}; unpack it with gzip", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw InputFiles.CannotRead(_path, e);
        }
    }

    // RFC 1952: the last four bytes are the size of what is packed.
    private static uint SizeAtEnd(BufferedStream file)
    {
        Span<byte> size = stackalloc byte[4];
        file.Position = Math.Max(0, file.Length - size.Length);
        file.ReadAtLeast(size, size.Length, throwOnEndOfStream: false);
        file.Position = 0;
        return BinaryPrimitives.ReadUInt32LittleEndian(size);
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _inner.Dispose();
        base.Dispose(disposing);
    }
}
