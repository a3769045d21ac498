using System.Formats.Tar;
using System.IO.Compression;

namespace BareBert.Bert.Data;

/// <summary>How much of an archive is read before it is taken for a bomb.</summary>
/// <param name="Entries">Most files and folders.</param>
/// <param name="EntryBytes">Largest file that is read.</param>
/// <param name="TotalBytes">Most bytes after decompression, what is skipped included.</param>
internal readonly record struct ArchiveLimits(int Entries, long EntryBytes, long TotalBytes)
{
    /// <summary>Generous for a set of reviews: 1,000,000 entries, 16 MiB a file, 4 GiB in all.</summary>
    public static ArchiveLimits Default => new(1_000_000, 16L << 20, 4L << 30);
}

/// <summary>Reads the files of a .tar.gz in passing: nothing is ever written to disk.</summary>
/// <remarks>
/// Entries with an absolute name or with "..", links and devices are refused although nothing is unpacked: a data set has none,
/// and an archive that has them was made to do harm.
/// </remarks>
internal static class SafeTarGz
{
    /// <summary>The files for which <paramref name="wanted"/> says yes, in the order of the archive.</summary>
    /// <exception cref="InputException">The file cannot be read, is damaged or cut short, breaks a limit, or has a refused entry.</exception>
    public static IEnumerable<(string Name, byte[] Bytes)> Read(string path, Predicate<string> wanted, ArchiveLimits limits)
    {
        using var file = InputFiles.Open(path);
        using var unzipped = new CountingStream(new GZipStream(file, CompressionMode.Decompress), limits.TotalBytes, path);
        using var tar = new TarReader(unzipped);
        int entries = 0;
        while (Guard(path, () => tar.GetNextEntry()) is { } entry)
        {
            if (++entries > limits.Entries)
                throw new InputException($"the archive has over {limits.Entries:N0} entries: {path}; this is no data set");
            RefuseHarmful(path, entry);
            if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile) || !wanted(entry.Name))
                continue;
            if (entry.Length > limits.EntryBytes)
                throw new InputException($"an entry of {entry.Length:N0} bytes is too large: {path}, {Printable.Quote(entry.Name)}; the most is {limits.EntryBytes:N0}");
            yield return (entry.Name, Guard(path, () => Bytes(entry)));
        }
        // A tar ends with two blocks of zeros; where the stream ended first, entries may be missing.
        if (unzipped.Ended)
            throw CutShort(path, null);
    }

    private static byte[] Bytes(TarEntry entry)
    {
        var bytes = new byte[entry.Length];
        entry.DataStream?.ReadExactly(bytes);
        return bytes;
    }

    private static void RefuseHarmful(string path, TarEntry entry)
    {
        string name = entry.Name;
        if (entry.EntryType is TarEntryType.SymbolicLink or TarEntryType.HardLink or TarEntryType.BlockDevice or TarEntryType.CharacterDevice or TarEntryType.Fifo)
            throw new InputException($"the archive holds a link or a device: {path}, {Printable.Quote(name)}; make one of plain files");
        if (name.StartsWith('/') || name.Contains('\\') || (name.Length > 1 && name[1] == ':') || name.Split('/').Contains(".."))
            throw new InputException($"the archive holds a name that leads outside it: {path}, {Printable.Quote(name)}; make one with relative names");
    }

    private static InputException CutShort(string path, Exception? why) =>
        new($"the archive is damaged or cut short: {path}; fetch it again", why ?? new EndOfStreamException());

    private static T Guard<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is InvalidDataException or IOException or FormatException or ArgumentException or NotSupportedException or OverflowException or InvalidOperationException)
        {
            throw CutShort(path, e);
        }
    }

    /// <summary>Counts what passes, so that a bomb is noticed while it unfolds.</summary>
    private sealed class CountingStream(Stream inner, long limit, string path) : Stream
    {
        private long _passed;

        /// <summary>Whether a reader was told that there is no more.</summary>
        public bool Ended { get; private set; }

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => _passed; set => throw new NotSupportedException(); }

        public override int Read(Span<byte> buffer)
        {
            int read = inner.Read(buffer);
            Ended |= read == 0 && buffer.Length > 0;
            _passed += read;
            return _passed <= limit ? read : throw new InputException($"the archive unpacks to over {limit:N0} bytes: {path}; this is no data set");
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
        public override void Flush() { }
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing) inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
