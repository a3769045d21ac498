using System.Runtime.InteropServices;

namespace BareBert.Bert.Data;

/// <summary>
/// Puts a token cache together as a stream: the ids and tables of each split grow in files of their own, which are joined at the end.
/// </summary>
internal sealed class TokenImageWriter : IDisposable
{
    private readonly SplitParts[] _splits;
    private readonly int _idBytes;

    /// <summary>Begins an image.</summary>
    /// <param name="vocabularySize">Up to 65,536 ids fit two bytes.</param>
    /// <param name="scratch">Makes an empty stream, to be written and read again.</param>
    public TokenImageWriter(int vocabularySize, Func<Stream> scratch)
    {
        _idBytes = vocabularySize <= ushort.MaxValue + 1 ? sizeof(ushort) : sizeof(int);
        _splits = [.. Enum.GetValues<Split>().Select(_ => new SplitParts(scratch))];
    }

    /// <summary>Appends passages, each to its split.</summary>
    public void Append(TokenisedChunk chunk)
    {
        ReadOnlySpan<int> ids = CollectionsMarshal.AsSpan(chunk.Ids), lengths = CollectionsMarshal.AsSpan(chunk.SentenceLengths);
        foreach ((Split split, bool begins, int sentences) in chunk.Passages)
        {
            SplitParts parts = _splits[(int)split];
            if (begins)
                parts.EndDocument();
            int tokens = 0;
            foreach (int length in lengths[..sentences])
            {
                tokens += length;
                parts.EndSentence(length);
            }
            WriteIds(parts.Ids, ids[..tokens]);
            ids = ids[tokens..];
            lengths = lengths[sentences..];
        }
    }

    /// <summary>Joins the parts.</summary>
    /// <param name="image">Empty; header and body are written.</param>
    /// <param name="key">[32] what the image was made from.</param>
    /// <param name="notices">Kept, so that they are reported again when the cache is used.</param>
    public void Complete(Stream image, ReadOnlySpan<byte> key, IReadOnlyList<string> notices)
    {
        foreach (SplitParts parts in _splits)
            parts.EndDocument();
        TokenImage.Write(image, _idBytes, key, [.. _splits.Select(s => (s.Counts, new[] { s.Ids, s.SentenceStarts, s.DocumentStarts }))], notices);
    }

    public void Dispose()
    {
        foreach (SplitParts parts in _splits)
            parts.Dispose();
    }

    private void WriteIds(Stream stream, ReadOnlySpan<int> ids)
    {
        if (_idBytes == sizeof(int))
        {
            stream.Write(MemoryMarshal.AsBytes(ids));
            return;
        }
        Span<ushort> narrow = stackalloc ushort[512];
        for (; ids.Length > 0; ids = ids[Math.Min(ids.Length, narrow.Length)..])
        {
            int count = Math.Min(ids.Length, narrow.Length);
            for (int i = 0; i < count; i++)
                narrow[i] = (ushort)ids[i];
            stream.Write(MemoryMarshal.AsBytes(narrow[..count]));
        }
    }

    private sealed class SplitParts : IDisposable
    {
        private long _tokens;
        private int _sentences, _documents, _documentStart;

        public SplitParts(Func<Stream> scratch)
        {
            (Ids, SentenceStarts, DocumentStarts) = (scratch(), scratch(), scratch());
            Write(SentenceStarts, 0L);
            Write(DocumentStarts, 0);
        }

        public Stream Ids { get; }

        public Stream SentenceStarts { get; }

        public Stream DocumentStarts { get; }

        public TokenImage.SplitCounts Counts => new(_tokens, _sentences, _documents);

        public void EndSentence(int tokens)
        {
            _sentences = checked(_sentences + 1);
            Write(SentenceStarts, _tokens += tokens);
        }

        // One without a sentence is none.
        public void EndDocument()
        {
            if (_sentences == _documentStart)
                return;
            _documents++;
            Write(DocumentStarts, _documentStart = _sentences);
        }

        public void Dispose()
        {
            Ids.Dispose();
            SentenceStarts.Dispose();
            DocumentStarts.Dispose();
        }

        private static void Write<T>(Stream stream, T value) where T : unmanaged => stream.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));
    }
}
