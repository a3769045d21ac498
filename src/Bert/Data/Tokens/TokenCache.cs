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
        return TryOpen(path, key, fromCache: true, notice) ?? Make(source, tokenizer, key, path, notice);
    }

    /// <summary>The token ids of a corpus in memory, without reading or writing any cache.</summary>
    public static TokenCorpus InMemory(CorpusSource source, SubwordTokenizer tokenizer)
    {
        byte[] key = Key(source, tokenizer);
        using var image = new MemoryStream();
        try
        {
            Tokenise(source, tokenizer, key, image, () => new MemoryStream());
        }
        catch (Exception e) when (e is IOException or OutOfMemoryException) // a stream in memory ends at 2 GB
        {
            throw new InputException($"the corpus is too large for its token ids to be kept in memory: {source.Name}; let them be kept in a file (`Cache`)", e);
        }
        image.Position = 0;
        return TokenImage.TryRead(image, key, out TokenImage.SplitLayout[] layouts, out string[] notices) is not { } problem
            ? new TokenCorpus(new TokenMemory(image.ToArray()), layouts, notices, fromCache: false)
            : throw new InvalidOperationException($"a token image just built cannot be read: {problem}");
    }

    /// <summary>The file that holds, or would hold, the ids of this corpus under this tokenizer.</summary>
    public string PathFor(CorpusSource source, SubwordTokenizer tokenizer) => PathOf(Key(source, tokenizer));

    private string PathOf(byte[] key) => Path.Combine(directory, Convert.ToHexStringLower(key.AsSpan(0, 16)) + ".tokens");

    private static byte[] Key(CorpusSource source, SubwordTokenizer tokenizer)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{source.Fingerprint()}\n"));
        TokenizerFingerprint.Append(hash, tokenizer);
        return hash.GetHashAndReset();
    }

    private static TokenCorpus? TryOpen(string path, byte[] key, bool fromCache, Action<string> notice)
    {
        if (!File.Exists(path))
            return null;
        string? problem;
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            problem = TokenImage.TryRead(stream, key, out TokenImage.SplitLayout[] layouts, out string[] notices);
            if (problem is null)
                return new TokenCorpus(new TokenMemory(stream), layouts, notices, fromCache);
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
        try
        {
            CacheFile.Write(path, image => Tokenise(source, tokenizer, key, image,
                () => new FileStream(CacheFile.Beside(path), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose)));
            if (TryOpen(path, key, fromCache: false, notice) is { } corpus)
                return corpus;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            notice($"the token cache could not be written, the tokens are kept in memory ({e.Message.TrimEnd('.')}): {path}");
        }
        return InMemory(source, tokenizer);
    }

    private static void Tokenise(CorpusSource source, SubwordTokenizer tokenizer, byte[] key, Stream image, Func<Stream> scratch)
    {
        using var writer = new TokenImageWriter(tokenizer.VocabularySize, scratch);
        List<string> notices = [];
        CorpusTokenizer.Run(source, tokenizer, writer, notices);
        writer.Complete(image, key, notices);
    }
}
