using System.Collections.Concurrent;

namespace BareBert.Bert.Data;

/// <summary>Tokenises a corpus as a stream: one thread reads, all tokenise, and what is done is written in the corpus's order. A few chunks are in memory at a time.</summary>
internal static class CorpusTokenizer
{
    // Characters of a chunk: much work beside handing it over, and little memory.
    private const int ChunkLength = 1 << 17;

    /// <summary>Tokenises everything.</summary>
    /// <param name="source">The corpus.</param>
    /// <param name="tokenizer">Whose ids.</param>
    /// <param name="writer">Takes them.</param>
    /// <param name="notices">Takes what the corpus's reader has to say.</param>
    /// <exception cref="InputException">The corpus cannot be read.</exception>
    public static void Run(CorpusSource source, SubwordTokenizer tokenizer, TokenImageWriter writer, List<string> notices)
    {
        using var stop = new CancellationTokenSource();
        using var queue = new BlockingCollection<Task<TokenisedChunk>>(2 * Environment.ProcessorCount);
        Task reading = Task.Run(() =>
        {
            try
            {
                foreach (List<Passage> chunk in Chunks(source.Passages(notices)))
                    queue.Add(Task.Run(() => TokenisedChunk.Of(chunk, tokenizer)), stop.Token);
            }
            finally
            {
                queue.CompleteAdding();
            }
        });
        try
        {
            foreach (Task<TokenisedChunk> chunk in queue.GetConsumingEnumerable())
                writer.Append(chunk.GetAwaiter().GetResult());
        }
        catch
        {
            stop.Cancel();
            throw;
        }
        finally
        {
            Task.WaitAny(reading); // whatever became of it: the queue must not be disposed of before
        }
        reading.GetAwaiter().GetResult();
    }

    private static IEnumerable<List<Passage>> Chunks(IEnumerable<Passage> passages)
    {
        List<Passage> chunk = [];
        int length = 0;
        foreach (Passage passage in passages)
        {
            chunk.Add(passage);
            if ((length += passage.Text.Length) < ChunkLength)
                continue;
            yield return chunk;
            (chunk, length) = ([], 0);
        }
        if (chunk.Count > 0)
            yield return chunk;
    }
}
