using BareBert.Bert;
using BareBert.Kernels;

namespace BareBert.Tests;

/// <summary>A task that a tiny network can learn in a second: one word of a sentence says what it is.</summary>
internal static class KeywordSentiment
{
    private static readonly string[] Fillers = ["the", "film", "was", "a", "story", "with", "actors", "and", "music", "today"];
    private static readonly string[][] Signs = [["bad", "dull", "poor"], ["good", "fine", "great"]];

    public static readonly string[] Labels = ["negative", "positive"];

    public static ITokenizer Tokenizer { get; } = new WordPieceTokenizer(new Vocabulary(
        ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", .. Fillers, .. Signs.SelectMany(s => s)], "keywords"));

    public static BertConfig Config { get; } = new()
    {
        VocabSize = Tokenizer.VocabularySize, HiddenSize = 32, Layers = 2, Heads = 2, IntermediateSize = 64, MaxPositions = 24, Labels = Labels,
        InitializerRange = 0.15, // features that a head can tell apart without any training below it
    };

    public static ClassificationDataset Texts(int count, ulong seed)
    {
        var random = new PhiloxStream(seed, 3);
        var examples = new List<ClassificationExample>();
        for (int i = 0; i < count; i++)
        {
            int label = i % 2;
            string[] words = [.. Enumerable.Range(0, 4 + random.NextInt(8)).Select(_ => Fillers[random.NextInt(Fillers.Length)])];
            words[random.NextInt(words.Length)] = Signs[label][random.NextInt(3)];
            examples.Add(new ClassificationExample(string.Join(' ', words), null, label));
        }
        return new ClassificationDataset(examples, Labels, []);
    }

    /// <summary>A folder with a model that has learned the words' neighbourhood a little: the base of adapters.</summary>
    public static string SaveBase(string folder, IKernels kernels)
    {
        Directory.CreateDirectory(folder);
        using BertModel model = BertModel.Create(kernels, ParameterLayout.For(Config, ModelTask.Classification), Tokenizer, seed: 5);
        model.Save(folder);
        return folder;
    }

    public static EncodedExamples Encode(ClassificationDataset data) => new(data, Tokenizer, Config.MaxPositions);
}
