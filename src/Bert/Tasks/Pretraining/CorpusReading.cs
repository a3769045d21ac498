namespace BareBert.Bert.Tasks;

/// <summary>Reads a corpus, which may take long, and says how far that has come.</summary>
/// <param name="source">The corpus.</param>
/// <param name="watch">Is told; null: nobody is.</param>
internal sealed class CorpusReading(CorpusSource source, Action<EvaluationProgress>? watch)
{
    private const long Megabyte = 1_000_000;

    /// <summary>Does something that reads the corpus.</summary>
    /// <param name="doing">What: "tokenising".</param>
    /// <param name="read">Does it.</param>
    /// <param name="begin">Called when the corpus's files begin to be read; where they need not be, it is not.</param>
    public T Run<T>(string doing, Func<T> read, Action? begin = null)
    {
        EvaluationProgress? told = null;
        source.Watch = (done, total) =>
        {
            if (told is null)
                begin?.Invoke();
            Tell(told = new EvaluationProgress(source.Name, (int)(done / Megabyte), (int)Math.Max(1, total / Megabyte), 0) { Doing = doing, Unit = "MB" });
        };
        try
        {
            return read();
        }
        finally
        {
            source.Watch = null;
            Tell(told is { } last ? last with { Done = last.Total } : null);
        }
    }

    /// <summary>How far a vocabulary has come whose words are counted.</summary>
    public void Tell(WordPieceTrainerProgress progress)
    {
        if (progress.Entries > 0)
            Tell(new EvaluationProgress("a vocabulary", progress.Entries, progress.Size, 0) { Doing = "making", Unit = "entries" });
    }

    private void Tell(EvaluationProgress? progress)
    {
        if (progress is { } told)
            watch?.Invoke(told);
    }
}
