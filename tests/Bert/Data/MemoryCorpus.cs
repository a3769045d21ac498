using System.Security.Cryptography;
using System.Text;

namespace BareBert.Tests;

/// <summary>A corpus given in code, the same documents in every split, and a vocabulary of its own for it.</summary>
internal sealed class MemoryCorpus(params IEnumerable<string[]> documents) : CorpusSource
{
    private readonly Document[] _documents = [.. documents.Select(sentences => new Document(sentences))];

    public override string Name => "memory";

    public override string Fingerprint() => Convert.ToHexStringLower(SHA256.HashData(
        Encoding.UTF8.GetBytes(string.Join('\n', _documents.Select(d => string.Join('|', d.Sentences))))));

    public override Corpus Read() => new(_documents, _documents, _documents, ["read from memory"]);

    /// <summary>Words a … z, each also as a continuation (##a), so that a sentence can be tokens of any number and joined in any way.</summary>
    public static readonly SubwordTokenizer Letters = new WordPieceTokenizer(new Vocabulary(
        ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[unused0]", .. Alphabet, .. Alphabet.Select(letter => "##" + letter)]));

    private static IEnumerable<string> Alphabet => Enumerable.Range('a', 26).Select(c => ((char)c).ToString());

    /// <summary>Documents of random letters: a word of n letters is n tokens.</summary>
    public static MemoryCorpus Random(uint seed, int documents, int mostSentences, int mostWords, int mostLetters = 1)
    {
        var random = new PhiloxStream(7, seed);
        var made = new List<string[]>();
        for (int d = 0; d < documents; d++)
        {
            var sentences = new string[1 + random.NextInt(mostSentences)];
            for (int s = 0; s < sentences.Length; s++)
            {
                var words = new string[1 + random.NextInt(mostWords)];
                for (int w = 0; w < words.Length; w++)
                {
                    var letters = new char[1 + random.NextInt(mostLetters)];
                    for (int i = 0; i < letters.Length; i++)
                        letters[i] = (char)('a' + random.NextInt(26));
                    words[w] = new string(letters);
                }
                sentences[s] = string.Join(' ', words);
            }
            made.Add(sentences);
        }
        return new MemoryCorpus(made);
    }

    /// <summary>Its training tokens.</summary>
    public TokenSplit Tokens() => TokenCache.InMemory(this, Letters)[Split.Train];

    /// <summary>Its training examples.</summary>
    public PretrainingExamples Examples(PretrainingOptions options) => new(Tokens(), new MaskingVocabulary(Letters), options, "the train split");
}
