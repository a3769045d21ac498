namespace BareBert.Bert.Data;

/// <summary>Something a corpus can be read from, and a fingerprint that tells whether it has changed.</summary>
public abstract class CorpusSource
{
    /// <summary>What people call it, for reports: a path, or "sample".</summary>
    public abstract string Name { get; }

    /// <summary>Is told how many bytes of how many have been read, whenever the source is read or hashed; null: nobody is.</summary>
    internal Action<long, long>? Watch { get; set; }

    /// <summary>A hash of everything that <see cref="Read"/> depends on, in hexadecimal; much cheaper than reading.</summary>
    /// <exception cref="InputException">A file is missing or unreadable.</exception>
    public abstract string Fingerprint();

    /// <summary>Reads the documents of every split that the source has.</summary>
    /// <exception cref="InputException">A file is missing, unreadable or not text, or holds no sentence.</exception>
    public abstract Corpus Read();

    /// <summary>What <see cref="Read"/> reads, piece by piece: the pieces of a document follow one another, those of splits may alternate.</summary>
    /// <param name="notices">Receives what the reader has to say, by the time that the last piece is read.</param>
    /// <exception cref="InputException">As pieces are read: a file is missing, unreadable or not text, or holds no sentence.</exception>
    internal virtual IEnumerable<Passage> Passages(List<string> notices)
    {
        Corpus corpus = Read();
        notices.AddRange(corpus.Notices);
        return from split in Enum.GetValues<Split>()
               from document in corpus[split]
               from sentence in document.Sentences.Select((text, i) => new Passage(split, BeginsDocument: i == 0, text, IsSentence: true))
               select sentence;
    }

    /// <summary>Every sentence of a split, document after document, as they are read: what a vocabulary is trained on.</summary>
    public IEnumerable<string> Sentences(Split split) => Passages([]).Where(passage => passage.Split == split).SelectMany(passage => passage.Sentences);

    /// <summary>
    /// The source that <c>--data</c> names: <c>sample</c> for the generated corpus, a directory with the WikiText files
    /// (or with any .txt files), or text files.
    /// </summary>
    /// <exception cref="InputException">Nothing is there, or nothing that can be read as a corpus.</exception>
    public static CorpusSource Open(params IReadOnlyList<string> data) => Open(data, paragraphsMayBeDocuments: false);

    /// <inheritdoc cref="Open(IReadOnlyList{string})"/>
    /// <param name="data">As above.</param>
    /// <param name="paragraphsMayBeDocuments">See <see cref="TextCorpus.ParagraphsMayBeDocuments"/>.</param>
    public static CorpusSource Open(IReadOnlyList<string> data, bool paragraphsMayBeDocuments)
    {
        if (data.Count == 0)
            throw new InputException("no corpus was given: name a directory, text files, or sample");
        return data is ["sample"] ? new SampleWorld() : TextCorpus.FromPaths(data, paragraphsMayBeDocuments);
    }
}
