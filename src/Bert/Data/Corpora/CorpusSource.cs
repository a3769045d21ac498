namespace BareBert.Bert.Data;

/// <summary>Something a corpus can be read from, and a fingerprint that tells whether it has changed.</summary>
public abstract class CorpusSource
{
    /// <summary>What people call it, for reports: a path, or "sample".</summary>
    public abstract string Name { get; }

    /// <summary>A hash of everything that <see cref="Read"/> depends on, in hexadecimal; much cheaper than reading.</summary>
    /// <exception cref="InputException">A file is missing or unreadable.</exception>
    public abstract string Fingerprint();

    /// <summary>Reads the documents of every split that the source has.</summary>
    /// <exception cref="InputException">A file is missing, unreadable or not text, or holds no sentence.</exception>
    public abstract Corpus Read();

    /// <summary>
    /// The source that <c>--data</c> names: <c>sample</c> for the generated corpus, a directory with the WikiText files
    /// (or with any .txt files), or text files.
    /// </summary>
    /// <exception cref="InputException">Nothing is there, or nothing that can be read as a corpus.</exception>
    public static CorpusSource Open(params IReadOnlyList<string> data)
    {
        if (data.Count == 0)
            throw new InputException("no corpus was given: name a directory, text files, or sample");
        return data is ["sample"] ? new SampleWorld() : TextCorpus.FromPaths(data);
    }
}
