using BareBert.Kernels;

namespace BareBert.Tests;

/// <summary>A task that a tiny network can learn in a second: one word of a sentence says what it is.</summary>
internal static class KeywordSentiment
{
    private static readonly string[] Fillers = ["the", "film", "was", "a", "story", "with", "actors", "and", "music", "today"];
    private static readonly string[][] Signs = [["bad", "dull", "poor"], ["good", "fine", "great"]];

    public static readonly string[] Labels = ["negative", "positive"];

    public static SubwordTokenizer Tokenizer { get; } = new WordPieceTokenizer(new Vocabulary(
        ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", .. Fillers, .. Signs.SelectMany(s => s)], "keywords"));

    public static BertConfig Config { get; } = new()
    {
        VocabSize = Tokenizer.VocabularySize, HiddenSize = 32, Layers = 2, Heads = 2, IntermediateSize = 64, MaxPositions = 24, Labels = Labels,
        InitializerRange = 0.15, // features that a head can tell apart without any training below it
    };

    public static ClassificationDataset Texts(int count, ulong seed) =>
        new([.. Sentences(count, seed).Select(s => new ClassificationExample(s.Text, null, s.Label))], Labels, []);

    /// <summary>
    /// A folder with an encoder that has learned to tell the signs apart, not what they mean: what pretraining is to a real task. Without it
    /// there would be nothing for a frozen encoder's head, or for adapters, to read.
    /// </summary>
    public static string SaveBase(string folder, IKernels kernels)
    {
        Directory.CreateDirectory(folder);
        foreach ((string name, byte[] bytes) in Base.Value)
            File.WriteAllBytes(Path.Combine(folder, name), bytes);
        return folder;
    }

    public static EncodedExamples Encode(ClassificationDataset data) => new(data, Tokenizer, Config.MaxPositions);

    private static readonly Lazy<Dictionary<string, byte[]>> Base = new(TrainBase);

    private static Dictionary<string, byte[]> TrainBase()
    {
        string[] signs = [.. Signs.SelectMany(s => s)];
        using var folder = new TemporaryFolder();
        using var kernels = new CpuKernels(1);
        using (BertModel model = BertModel.Create(kernels, ParameterLayout.For(Config with { Labels = signs }, BertTasks.Classification), Tokenizer, seed: 5))
        {
            var data = new ClassificationDataset([.. Sentences(240, seed: 77).Select(s => new ClassificationExample(s.Text, null, Array.IndexOf(signs, s.Sign)))], signs, []);
            EncodedExamples examples = Encode(data);
            using var task = new ClassificationTask(kernels, model, examples, [new EvaluationSplit("train", examples)], new ClassificationTraining(8, 1, 1));
            var options = new TrainerOptions { Epochs = 6, Schedule = new LearningRateSchedule(ScheduleKind.Linear, 2e-3, 0.1), RateOf = BertModel.RateOf, BestBy = "loss", EvaluateFirst = false };
            using var trainer = new Trainer(kernels, task, options, RunDirectory.Open(folder.At("run"), RunOpening.New), new Unwatched());
            trainer.Run(default);
            double accuracy = trainer.State.History[^1].Metrics["accuracy"];
            if (!(accuracy >= 0.95))
                throw new InvalidOperationException($"the encoder did not learn to tell the signs apart: {accuracy}");
        }
        using BertModel encoder = BertModel.LoadForTraining(kernels, ModelFolder.Open(folder.At("run", "checkpoint")), BertTasks.Encoder, BertModel.TrainAll, configure: config => config with { Labels = Labels }).Model;
        string saved = Directory.CreateDirectory(folder.At("encoder")).FullName;
        encoder.Save(saved);
        return Directory.GetFiles(saved).ToDictionary(file => Path.GetFileName(file), File.ReadAllBytes);
    }

    private static IEnumerable<(string Text, string Sign, int Label)> Sentences(int count, ulong seed)
    {
        var random = new PhiloxStream(seed, 3);
        var sentences = new (string, string, int)[count];
        for (int i = 0; i < count; i++)
        {
            int label = i % 2;
            string[] words = Words(ref random, 4 + random.NextInt(8));
            int at = random.NextInt(words.Length);
            words[at] = Signs[label][random.NextInt(3)];
            sentences[i] = (string.Join(' ', words), words[at], label);
        }
        return sentences;
    }

    private static string[] Words(ref PhiloxStream random, int count)
    {
        var words = new string[count];
        for (int i = 0; i < count; i++)
            words[i] = Fillers[random.NextInt(Fillers.Length)];
        return words;
    }

    private sealed class Unwatched : ITrainingObserver
    {
        public void OnStep(in TrainingProgress progress)
        {
        }
    }
}
