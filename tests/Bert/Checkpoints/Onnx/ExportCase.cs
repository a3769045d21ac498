using BareBert.Kernels;

namespace BareBert.Tests.Onnx;

/// <summary>A small model to be exported: a family, a head, and what a fine-tuning method added.</summary>
public sealed record ExportCase(ModelFamily Family, TaskDefinition Task, string Method = "full")
{
    public const int Width = 64;

    /// <summary>Every family with every head it has; the two-layer classifier; each kind of adapters; outputs of other meanings than one class of several; an ALBERT with embeddings as wide as its layers; the other activation functions.</summary>
    public static IReadOnlyList<ExportCase> All { get; } =
    [
        .. from family in Enum.GetValues<ModelFamily>()
           from task in BertTasks.All
           where task != BertTasks.Pretraining || BertTasks.OfPretraining(family) == BertTasks.Pretraining
           select new ExportCase(family, task),
        .. from family in Enum.GetValues<ModelFamily>()
           from method in (string[])["mlp", "mean", "lora", "qlora", "adapter"]
           select new ExportCase(family, BertTasks.Classification, method),
        new ExportCase(ModelFamily.Albert, BertTasks.MaskedLm, "wide"),
        .. from family in Enum.GetValues<ModelFamily>()
           from method in (string[])["score", "regression", "multi-label"]
           select new ExportCase(family, BertTasks.Classification, method),
        new ExportCase(ModelFamily.Bert, BertTasks.Classification, "score of a mean"),
        new ExportCase(ModelFamily.Bert, BertTasks.QuestionAnswering, "threshold"),
        .. from activation in (string[])["Silu", "QuickGelu", "Relu", "Tanh"]
           select new ExportCase(ModelFamily.Bert, BertTasks.MaskedLm, activation),
    ];

    public override string ToString() => $"{Family} {Task} {Method}";

    /// <summary>The case of that name.</summary>
    public static ExportCase Parse(string name) => All.First(c => c.ToString() == name);

    /// <summary>Weights far from zero, so that every one of them matters.</summary>
    public BertModel Create(IKernels kernels)
    {
        BertConfig config = new()
        {
            Family = Family, VocabSize = 60, HiddenSize = Width, EmbeddingSize = Family == ModelFamily.Albert && Method != "wide" ? 24 : 0, Layers = 3, Heads = 4,
            IntermediateSize = 128, MaxPositions = 24, TypeVocabSize = Family == ModelFamily.DistilBert ? 0 : 2,
            Activation = Enum.TryParse(Method, out Activation named) ? named : Family == ModelFamily.Albert ? Activation.GeluTanh : Activation.Gelu,
            ClassifierHiddenSize = Method == "mlp" ? 40 : 0, ClassifierPooling = Method.EndsWith("mean", StringComparison.Ordinal) ? Pooling.Mean : Pooling.Cls,
            Labels = !Task.HasClasses ? [] : Method is "regression" || Method.StartsWith("score", StringComparison.Ordinal) ? ["score"] : ["bad", "so so", "good"],
            ProblemType = Method switch { "regression" => "regression", "multi-label" => "multi_label_classification", _ => null },
            NoAnswerThreshold = Method == "threshold" ? 0.3125 : null,
        };
        ParameterLayout layout = ParameterLayout.For(config, Task);
        BertModel model = BertModel.Create(kernels, layout, Tokenizer, seed: 1, adaptation: AdaptationOf(layout));
        model.Sentence = Task.IsOfSentences ? new SentenceModules { Normalizes = true, Pooling = Family == ModelFamily.Bert ? Pooling.Mean : Pooling.Cls } : null;
        for (int i = 0; i < model.Specs.Count; i++)
        {
            ParameterSpec spec = model.Specs[i];
            var values = new float[spec.Count];
            NormalFill.Fill(values, 0.2, 7, (uint)i);
            model.Set(spec, spec.Name.Contains("norm.weight") ? Array.ConvertAll(values, x => 1 + x) : values);
        }
        return model;
    }

    public static SubwordTokenizer Tokenizer { get; } = new WordPieceTokenizer(new Vocabulary(
        [.. Vocabulary.SpecialTokenNames, .. Enumerable.Range('a', 26).Select(c => ((char)c).ToString()), .. Enumerable.Range('a', 26).Select(c => $"##{(char)c}"), "the", "of", "."]));

    /// <summary>Sequences of several lengths, with two segments where the model has types.</summary>
    public int[][] Sequences() => [.. new[] { 7, 1, 24, 12 }.Select((length, i) => Enumerable.Range(0, length).Select(t => (13 * i + 7 * t + t * t) % 60).ToArray())];

    /// <summary>How many tokens of a sequence are of type 0.</summary>
    public int FirstSegment(int length) => Family == ModelFamily.DistilBert ? length : length / 2;

    /// <summary>What the model here computes, see <see cref="ModelOutputs"/>.</summary>
    public Dictionary<string, float[][]> Expected(IKernels kernels, BertModel model) => ModelOutputs.Of(kernels, model, Sequences(), FirstSegment);

    private Adaptation? AdaptationOf(ParameterLayout layout) => Method switch
    {
        "adapter" => new BottleneckAdaptation { Size = 8 },
        "lora" or "qlora" => new LowRankAdaptation
        {
            Rank = 4, Alpha = 8, Dropout = 0.1, Modules = LowRankAdaptation.ModulesFor(layout, ["query", "value", "ffn-in"]), Quantizes = Method == "qlora",
        },
        _ => null,
    };
}

/// <summary>Sequences as a graph takes them: filled up with padding to one length.</summary>
public sealed record PaddedBatch(int Rows, int Columns, long[] Ids, long[] Mask, long[] Types)
{
    public static PaddedBatch Of(int[][] sequences, Func<int, int> firstSegment)
    {
        int columns = sequences.Max(s => s.Length);
        var batch = new PaddedBatch(sequences.Length, columns, new long[sequences.Length * columns], new long[sequences.Length * columns], new long[sequences.Length * columns]);
        for (int row = 0; row < sequences.Length; row++)
        {
            int[] sequence = sequences[row];
            for (int i = 0; i < sequence.Length; i++)
                (batch.Ids[row * columns + i], batch.Mask[row * columns + i], batch.Types[row * columns + i]) = (sequence[i], 1, i < firstSegment(sequence.Length) ? 0 : 1);
        }
        return batch;
    }

    /// <summary>The largest difference of an output's real numbers from those expected; NaN where one is none.</summary>
    /// <param name="output">[rows, …].</param>
    /// <param name="expected">Each row's numbers, fewer where columns are padding.</param>
    public double Difference(float[] output, float[][] expected)
    {
        double worst = 0;
        int stride = output.Length / Rows;
        for (int row = 0; row < Rows; row++)
        {
            for (int i = 0; i < expected[row].Length; i++)
            {
                double difference = Math.Abs(output[row * stride + i] - expected[row][i]);
                worst = difference <= worst ? worst : difference;
            }
        }
        return worst;
    }
}
