using System.Reflection;
using System.Runtime.ExceptionServices;
using Parquet;
using Parquet.Meta;

namespace BareBert.Bert.Data;

/// <summary>
/// A Parquet file as the library may read it. The library takes the end of a file for bytes of 255 and goes round damaged pages
/// without end; here the end is an error, and so is reading far more than the file holds.
/// </summary>
internal sealed class ParquetInput : Stream
{
    // Each byte is read a few times: the footer by each group of rows, a page's beginning by whoever looks for its size.
    private const int Rounds = 64, Footer = 8;

    private static readonly ConstructorInfo Protocol = Need(typeof(ParquetReader).Assembly.GetType("Parquet.Meta.Proto.ThriftCompactProtocolReader")?.GetConstructor([typeof(Stream)]));
    private static readonly MethodInfo ReadMetadata = Need(typeof(FileMetaData).GetMethod("Read", BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public, [Protocol.DeclaringType!]));

    private readonly FileStream _file;
    private long _left;

    private ParquetInput(FileStream file) => (_file, _left) = (file, Rounds * (file.Length + (1 << 20)));

    /// <summary>Opens a file.</summary>
    /// <exception cref="InputException">There is no such file.</exception>
    public static ParquetInput Open(string path) => new(InputFiles.Open(path));

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => true;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => _file.Length;

    /// <inheritdoc/>
    public override long Position
    {
        get => _file.Position;
        set => _file.Position = value;
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer) => Count(_file.Read(buffer));

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => Task.FromResult(Read(buffer, offset, count));

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.FromResult(Read(buffer.Span));

    /// <inheritdoc/>
    public override int ReadByte()
    {
        int value = _file.ReadByte();
        Count(1);
        return value >= 0 ? value : throw new EndOfStreamException("it ends too soon");
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => _file.Seek(offset, origin);

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _file.Dispose();
        base.Dispose(disposing);
    }

    private int Count(int read) => (_left -= Math.Max(1, read)) >= 0 ? read : throw new IOException("its pages lead round in circles");

    /// <summary>Reads the footer once, as the library would, which reads it from memory of its own: to its end and no further.</summary>
    /// <exception cref="EndOfStreamException">It does not end, or is not there; whatever else the library throws of a damaged one.</exception>
    /// <remarks>https://parquet.apache.org/docs/file-format: the metadata, their length in four bytes, "PAR1".</remarks>
    public void RequireFooter()
    {
        Span<byte> end = stackalloc byte[Footer];
        if (Length < Footer)
            throw new EndOfStreamException("it is too short");
        Position = Length - Footer;
        ReadExactly(end);
        if (!end.EndsWith("PAR1"u8))
            throw new EndOfStreamException(end.EndsWith("PARE"u8) ? "its footer is encrypted" : "it does not end as one, with PAR1");
        long start = Length - Footer - System.Buffers.Binary.BinaryPrimitives.ReadInt32LittleEndian(end);
        if (start < 0 || start > Length - Footer)
            throw new EndOfStreamException("its footer is longer than the file");
        Position = start;
        try
        {
            ReadMetadata.Invoke(null, [Protocol.Invoke([this])]);
        }
        catch (TargetInvocationException e) when (e.InnerException is { } inner)
        {
            ExceptionDispatchInfo.Throw(inner);
        }
        if (Position > Length - Footer)
            throw new EndOfStreamException("its footer does not end");
        Position = 0;
    }

    private static T Need<T>(T? member) where T : class => member ?? throw new NotSupportedException("this version of Parquet.Net is not known: use the one that BareBert.Bert names");
}
