using System.Security.Cryptography;
using System.Text;

namespace BareBert.Bert.Data;

/// <summary>
/// The corpus that needs no download: short articles about the people of a small invented world, written by a grammar.
/// What an article says stays true to its end, so that a masked word can be inferred from other sentences, and the next
/// sentence told from one of another article. Because the grammar is known, so is the best loss that any model can reach.
/// </summary>
public sealed class SampleWorld : CorpusSource
{
    /// <summary>Articles of the training, validation and test splits unless others are asked for.</summary>
    public const int TrainArticles = 2400, HeldOutArticles = 120;

    private static readonly string[] SpecialTokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
    private const uint Stream = 0x5A3B1E;

    private readonly ulong _seed;
    private readonly int[] _articles;
    private readonly ArticleWriter _writer;

    /// <param name="seed">Another seed gives other articles about the same world.</param>
    /// <param name="trainArticles">About 13 sentences each.</param>
    /// <param name="heldOutArticles">Of validation and of test.</param>
    public SampleWorld(ulong seed = 1, int trainArticles = TrainArticles, int heldOutArticles = HeldOutArticles)
    {
        _seed = seed;
        _articles = [trainArticles, heldOutArticles, heldOutArticles];
        Grammar = Grammar.Parse(World.Text);
        _writer = new ArticleWriter(Grammar);
        Vocabulary = [.. SpecialTokens, .. Grammar.Words.Select(word => word.ToLowerInvariant())];
    }

    /// <inheritdoc/>
    public override string Name => "sample";

    /// <summary>What the articles are drawn from.</summary>
    public Grammar Grammar { get; }

    /// <summary>A lower-case WordPiece vocabulary in which every word and mark of the world is one token; the special tokens come first.</summary>
    public IReadOnlyList<string> Vocabulary { get; }

    /// <inheritdoc/>
    public override string Fingerprint()
    {
        string recipe = $"sample world 1, seed {_seed}, {string.Join(' ', _articles)} articles\n{World.Text}";
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(recipe)));
    }

    /// <inheritdoc/>
    public override Corpus Read() => new(Spell(Split.Train), Spell(Split.Valid), Spell(Split.Test), []);

    /// <summary>The articles of a split: articles are drawn independently, so those held out follow the same law as those trained on.</summary>
    public IEnumerable<Article> Articles(Split split)
    {
        for (uint article = 0; article < _articles[(int)split]; article++)
        {
            var random = new PhiloxStream(_seed, Stream, (uint)split, article);
            yield return _writer.Write(ref random);
        }
    }

    /// <summary>The number of the grammar's word that a token of <see cref="Vocabulary"/> is; <see cref="SeenSentence.Hidden"/> for a special token.</summary>
    internal int WordOf(int id) => id >= SpecialTokens.Length ? id - SpecialTokens.Length : SeenSentence.Hidden;

    private List<Document> Spell(Split split) =>
        [.. Articles(split).Select(article => new Document([.. article.Words.Select(words => _writer.Spell(words))]))];
}
