using System.Security.Cryptography;
using System.Text;

namespace BareBert.Bert.Data;

/// <summary>
/// Keeps the token ids of corpora in files, so that a run on a corpus seen before starts at once. A file is named by what it was
/// made from: the corpus's contents, the vocabulary, the tokenizer's settings. One that is damaged is made again.
/// </summary>
/// <param name="directory">Where the files are; made when missing.</param>
public sealed class TokenCache(string directory)
{
    /// <summary>Where caches go unless told otherwise: <c>$XDG_CACHE_HOME/barebert</c>, or <c>~/.cache/barebert</c>.</summary>
    public static string DefaultDirectory
    {
        get
        {
            string? cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
            if (string.IsNullOrEmpty(cache) || !Path.IsPathRooted(cache)) // the specification ignores relative paths
                cache = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
            return Path.Combine(cache, "barebert");
        }
    }

    /// <summary>The token ids of a corpus, from its cache if there is a good one; otherwise reads, tokenises and caches it.</summary>
    /// <param name="source">The corpus.</param>
    /// <param name="tokenizer">Whose ids.</param>
    /// <param name="notice">Receives a line when a cache was damaged or could not be written: the run goes on in memory.</param>
    /// <exception cref="InputException">The corpus cannot be read.</exception>
    public TokenCorpus Open(CorpusSource source, SubwordTokenizer tokenizer, Action<string> notice)
    {
        byte[] key = Key(source, tokenizer);
        string path = PathOf(key);
        return TryOpen(path, key, notice) ?? Make(source, tokenizer, key, path, notice);
    }

    /// <summary>The token ids of a corpus in memory, without reading or writing any cache.</summary>
    public static TokenCorpus InMemory(CorpusSource source, SubwordTokenizer tokenizer)
    {
        byte[] key = Key(source, tokenizer);
        return FromImage(Tokenise(source, tokenizer, key), key);
    }

    /// <summary>The file that holds, or would hold, the ids of this corpus under this tokenizer.</summary>
    public string PathFor(CorpusSource source, SubwordTokenizer tokenizer) => PathOf(Key(source, tokenizer));

    private string PathOf(byte[] key) => Path.Combine(directory, Convert.ToHexStringLower(key.AsSpan(0, 16)) + ".tokens");

    private static byte[] Key(CorpusSource source, SubwordTokenizer tokenizer)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{source.Fingerprint()}\n{tokenizer.GetType().Name}\n"));
        for (int id = 0; id < tokenizer.VocabularySize; id++)
            hash.AppendData(Encoding.UTF8.GetBytes(tokenizer.TokenOf(id) + '\n'));
        foreach (int id in tokenizer.Tokenize(SettingsProbe).Ids)
            hash.AppendData(BitConverter.GetBytes(id));
        return hash.GetHashAndReset();
    }

    // Settings show in what they do: case, accents, Chinese characters, special tokens in text.
    private const string SettingsProbe = "A a É é Ä The the THE naïve 中文 [MASK] [UNK] e\u0301 İ ß don't 3.14";

    private static TokenCorpus? TryOpen(string path, byte[] key, Action<string> notice)
    {
        if (!File.Exists(path))
            return null;
        string? problem;
        try
        {
            TokenMemory? memory = TokenMemory.Map(path);
            if (memory is null)
                problem = "it is truncated";
            else
            {
                problem = TokenImage.TryRead(memory.Bytes, key, out var layouts, out string[] notices);
                if (problem is null)
                    return new TokenCorpus(memory, layouts, notices, fromCache: true);
                memory.Dispose();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problem = e.Message.TrimEnd('.');
        }
        notice($"the token cache cannot be used and is made again ({problem}): {path}");
        return null;
    }

    private static TokenCorpus Make(CorpusSource source, SubwordTokenizer tokenizer, byte[] key, string path, Action<string> notice)
    {
        byte[] image = Tokenise(source, tokenizer, key);
        try
        {
            WriteAtomically(path, image);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            notice($"the token cache could not be written, the tokens are kept in memory ({e.Message.TrimEnd('.')}): {path}");
        }
        return FromImage(image, key);
    }

    private static byte[] Tokenise(CorpusSource source, SubwordTokenizer tokenizer, byte[] key)
    {
        Corpus corpus = source.Read();
        var splits = Enum.GetValues<Split>().Select(split => TokenTables.Tokenise(corpus[split], tokenizer)).ToList();
        return TokenImage.Build(splits, tokenizer.VocabularySize, key, corpus.Notices);
    }

    private static TokenCorpus FromImage(byte[] image, byte[] key)
    {
        string? problem = TokenImage.TryRead(image, key, out var layouts, out string[] notices);
        return problem is null
            ? new TokenCorpus(new TokenMemory(image), layouts, notices, fromCache: false)
            : throw new InvalidOperationException($"a token image just built cannot be read: {problem}");
    }

    private static void WriteAtomically(string path, byte[] image)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string beside = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var stream = new FileStream(beside, FileMode.CreateNew, FileAccess.Write))
            {
                stream.Write(image);
                stream.Flush(flushToDisk: true);
            }
            File.Move(beside, path, overwrite: true);
        }
        finally
        {
            File.Delete(beside);
        }
    }
}
