using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace BareBert.Tests;

public class TokenCacheTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly MemoryCorpus _corpus = MemoryCorpus.Random(1, documents: 70, mostSentences: 5, mostWords: 9, mostLetters: 3);
    private readonly List<string> _notices = [];

    public void Dispose() => _directory.Dispose();

    private TokenCorpus Open(CorpusSource? corpus = null) => new TokenCache(_directory.Path).Open(corpus ?? _corpus, MemoryCorpus.Letters, _notices.Add);

    private static int[] Ids(TokenSplit split)
    {
        var ids = new int[split.Tokens];
        split.CopyIds(0, ids);
        return ids;
    }

    [Fact]
    public void Holds_the_tokens_of_every_sentence()
    {
        using TokenCorpus tokens = Open();
        Corpus corpus = _corpus.Read();
        TokenSplit split = tokens[Split.Valid];
        Assert.Equal(corpus.Valid.Count, split.Documents);
        int sentence = 0;
        for (int d = 0; d < split.Documents; d++)
        {
            Assert.Equal(sentence, split.DocumentStarts[d]);
            foreach (string text in corpus.Valid[d].Sentences)
            {
                long start = split.SentenceStarts[sentence], end = split.SentenceStarts[++sentence];
                var ids = new int[(int)(end - start)];
                split.CopyIds(start, ids);
                Assert.Equal(MemoryCorpus.Letters.Tokenize(text).Ids.ToArray(), ids);
            }
        }
        Assert.Equal(split.Sentences, sentence);
        Assert.Equal(split.Tokens, split.SentenceStarts[^1]);
    }

    /// <summary>Tokens of one tokenizer are no other's, however little the two differ.</summary>
    [Fact]
    public void A_setting_that_few_texts_show_makes_another_file()
    {
        string vocabulary = string.Join('\n', Enumerable.Range(0, MemoryCorpus.Letters.VocabularySize).Select(MemoryCorpus.Letters.TokenOf)) + "\n";
        string[] configs = ["{}", "{\"never_split\": [\"x.\"]}", "{\"never_split\": [\"y.\"]}", "{\"do_lower_case\": false}", "{\"truncation_side\": \"left\"}"];
        var prints = new List<string>();
        foreach ((int i, string config) in configs.Index())
        {
            string folder = Directory.CreateDirectory(Path.Combine(_directory.Path, $"tokenizer-{i}")).FullName;
            File.WriteAllText(Path.Combine(folder, "vocab.txt"), vocabulary);
            File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), config);
            SubwordTokenizer tokenizer = TokenizerFactory.Load(folder);
            Assert.Equal(TokenizerFingerprint.Of(tokenizer), TokenizerFingerprint.Of(TokenizerFactory.Load(folder)));
            prints.Add(TokenizerFingerprint.Of(tokenizer));
        }
        Assert.Equal(prints.Count, prints.Distinct().Count());
    }

    [Fact]
    public void A_second_run_reads_the_file()
    {
        using TokenCorpus first = Open(), second = Open();
        Assert.False(first.FromCache);
        Assert.True(second.FromCache);
        Assert.Empty(_notices);
        Assert.Equal(["read from memory"], second.Notices);
        Assert.Single(Directory.GetFiles(_directory.Path));
        foreach (Split split in Enum.GetValues<Split>())
        {
            Assert.Equal(Ids(first[split]), Ids(second[split]));
            Assert.Equal(first[split].SentenceStarts, second[split].SentenceStarts);
            Assert.Equal(first[split].DocumentStarts, second[split].DocumentStarts);
        }
    }

    [Fact]
    public void Another_corpus_vocabulary_or_setting_has_another_file()
    {
        var cache = new TokenCache(_directory.Path);
        string[] words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "A"];
        string[] paths =
        [
            cache.PathFor(_corpus, MemoryCorpus.Letters),
            cache.PathFor(MemoryCorpus.Random(2, 70, 5, 9), MemoryCorpus.Letters),
            cache.PathFor(_corpus, new WordPieceTokenizer(new Vocabulary(words), new BasicTokenizerOptions(LowerCase: true))),
            cache.PathFor(_corpus, new WordPieceTokenizer(new Vocabulary(words), new BasicTokenizerOptions(LowerCase: false))),
        ];
        Assert.Equal(paths.Length, paths.Distinct().Count());
    }

    [Fact]
    public void Large_vocabularies_take_four_bytes_an_id()
    {
        string[] words = [.. Enumerable.Range(0, 70_000).Select(i => $"w{i}")];
        var tokenizer = new WordPieceTokenizer(new Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", .. words]));
        var corpus = new MemoryCorpus(["w0 w69999"], ["w65536 w65535"]);
        var cache = new TokenCache(_directory.Path);
        cache.Open(corpus, tokenizer, _notices.Add).Dispose();
        using TokenCorpus tokens = cache.Open(corpus, tokenizer, _notices.Add);
        Assert.True(tokens.FromCache);
        Assert.Equal(["w0", "w69999", "w65536", "w65535"], Ids(tokens[Split.Train]).Select(tokenizer.TokenOf));
    }

    [Fact]
    public void A_damaged_file_is_made_again_and_said_so()
    {
        int[] expected = Ids(Open()[Split.Train]);
        string path = Assert.Single(Directory.GetFiles(_directory.Path));
        byte[] whole = File.ReadAllBytes(path);
        Prop.ForAll(Damage.To(whole), damaged =>
        {
            _notices.Clear();
            File.WriteAllBytes(path, damaged);
            using TokenCorpus tokens = Open();
            bool unchanged = damaged.AsSpan().SequenceEqual(whole);
            return tokens.FromCache == unchanged
                && _notices.Count == (unchanged ? 0 : 1)
                && Ids(tokens[Split.Train]).SequenceEqual(expected)
                && File.ReadAllBytes(path).AsSpan().SequenceEqual(whole);
        }).HoldsFor();
    }

    [Fact]
    public void Without_a_place_to_write_the_tokens_stay_in_memory()
    {
        string file = _directory.Write("file", "not a directory");
        var cache = new TokenCache(Path.Combine(file, "cache"));
        using TokenCorpus tokens = cache.Open(_corpus, MemoryCorpus.Letters, _notices.Add);
        Assert.Contains("could not be written", Assert.Single(_notices));
        Assert.Equal(_corpus.Tokens().Tokens, tokens[Split.Train].Tokens);
    }

    [Fact]
    public void Use_after_disposal_is_an_error_not_a_crash()
    {
        Open().Dispose();
        TokenCorpus tokens = Open();
        Assert.True(tokens.FromCache);
        tokens.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Ids(tokens[Split.Train]));
    }
}
