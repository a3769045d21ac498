using System.Security.Cryptography;
using System.Text;

namespace BareBert.Bert.Data;

/// <summary>
/// Keeps vocabularies that were trained on corpora beside their token ids: the next run on the same corpus, and the other processes of this one, need not count its words.
/// </summary>
/// <remarks>A file is named by what it was made from and by what is in it; one whose content is another is not used.</remarks>
/// <param name="directory">Where the files are; made when missing.</param>
public sealed class VocabularyCache(string directory)
{
    // Part of the key: raise it when the trainer gives another vocabulary for the same corpus.
    private const int TrainerVersion = 1, HashLength = 32;

    private const string Extension = ".vocab";

    /// <summary>The vocabulary of a corpus, from the cache if it is there; otherwise trained and kept.</summary>
    /// <param name="source">The corpus: its training split.</param>
    /// <param name="size">Entries wanted.</param>
    /// <param name="train">Trains it.</param>
    /// <param name="notice">Receives a line when it could not be kept.</param>
    /// <exception cref="InputException">The corpus cannot be read.</exception>
    public Vocabulary Open(CorpusSource source, int size, Func<Vocabulary> train, Action<string> notice)
    {
        string key = HashOf($"{source.Fingerprint()}\nWordPiece {TrainerVersion}, {size} entries");
        if (Find(key) is { } known)
            return known;
        Vocabulary vocabulary = train();
        Keep(key, string.Join('\n', vocabulary.Tokens), notice);
        return vocabulary;
    }

    private Vocabulary? Find(string key)
    {
        try
        {
            foreach (string path in Directory.Exists(directory) ? Directory.GetFiles(directory, $"{key}-*{Extension}") : [])
            {
                string text = File.ReadAllText(path);
                if (path == PathOf(key, text))
                    return new Vocabulary(text.Split('\n'), "trained vocabulary");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // As if it were not there: it is made again.
        }
        return null;
    }

    private void Keep(string key, string text, Action<string> notice)
    {
        string path = PathOf(key, text);
        try
        {
            CacheFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            notice($"the vocabulary could not be kept for other runs ({e.Message.TrimEnd('.')}): {path}");
        }
    }

    private string PathOf(string key, string text) => Path.Combine(directory, $"{key}-{HashOf(text)}{Extension}");

    private static string HashOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..HashLength];
}
