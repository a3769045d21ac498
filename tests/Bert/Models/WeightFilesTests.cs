using Xunit;

namespace BareBert.Tests;

public sealed class WeightFilesTests : IDisposable
{
    private static readonly BertConfig Tiny = new()
    {
        VocabSize = 11, HiddenSize = 8, Layers = 2, Heads = 2, IntermediateSize = 12, MaxPositions = 6,
    };

    private static readonly BertConfig TinyAlbert = Tiny with { Family = ModelFamily.Albert, EmbeddingSize = 4 };

    private static readonly BertConfig TinyDistil = Tiny with { Family = ModelFamily.DistilBert, TypeVocabSize = 0 };

    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    public static TheoryData<ModelFamily, string> Models
    {
        get
        {
            var all = new TheoryData<ModelFamily, string>();
            foreach (ModelFamily family in Enum.GetValues<ModelFamily>())
            {
                foreach (TaskDefinition task in BertTasks.All)
                {
                    if (family != ModelFamily.DistilBert || task != BertTasks.Pretraining)
                        all.Add(family, task.Name);
                }
            }
            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void WhatIsSavedIsLoadedBackBitForBit(ModelFamily family, string task)
    {
        ParameterLayout layout = ParameterLayout.For(ConfigOf(family), BertTasks.Parse(task), 3);
        string path = Save(layout);
        using (ITensorSource file = TensorSources.Open(path))
            Assert.Equal(ParameterTable.Of(layout).Rows.Select(r => r.Name).Order(), file.Tensors.Keys.Order());
        (Dictionary<string, float[]> loaded, LoadReport report) = Load(path, layout);
        Assert.Empty(report.New);
        Assert.Empty(report.Unused);
        report.RequireAll(path);
        foreach (ParameterSpec parameter in layout.Parameters)
            Assert.Equal(Values(parameter), loaded[parameter.Name]);
    }

    /// <summary>The joined weight is the rows of query, then key, then value.</summary>
    [Fact]
    public void QueryKeyAndValueAreRowsOfOneWeight()
    {
        ParameterLayout layout = ParameterLayout.For(Tiny, BertTasks.MaskedLm);
        using ITensorSource file = TensorSources.Open(Save(layout));
        float[] joined = Values(layout["layers.1.attention.qkv.weight"]);
        var part = new float[64];
        int row = 0;
        foreach (string name in (string[])["query", "key", "value"])
        {
            file.ReadFloats($"bert.encoder.layer.1.attention.self.{name}.weight", part);
            Assert.Equal(joined[(row * 64)..(++row * 64)], part);
        }
    }

    [Fact]
    public void AHeadThatIsMissingIsNewAndOneThatIsNotWantedUnused()
    {
        string pretrained = Save(ParameterLayout.For(Tiny, BertTasks.Pretraining));
        (Dictionary<string, float[]> loaded, LoadReport report) = Load(pretrained, ParameterLayout.For(Tiny, BertTasks.Classification, 3));
        Assert.Equal(["classifier.weight", "classifier.bias"], report.New);
        Assert.Equal(
            ["cls.predictions.bias", "cls.predictions.transform.LayerNorm.bias", "cls.predictions.transform.LayerNorm.weight",
             "cls.predictions.transform.dense.bias", "cls.predictions.transform.dense.weight", "cls.seq_relationship.bias", "cls.seq_relationship.weight"],
            report.Unused.Order(StringComparer.Ordinal));
        Assert.False(loaded.ContainsKey("classifier.output.weight"));
        Assert.True(loaded.ContainsKey("pooler.weight"));
        Refusals.Of(() => report.RequireAll("DIR"), "DIR", "lacks 2 tensors", "classifier.weight");
    }

    [Theory]
    [InlineData("module.bert.")]
    [InlineData("module.module.bert.")]
    [InlineData("")]
    [InlineData("module.")]
    public void OtherPrefixesAreUnderstood(string prefix) => LoadsRenamed(name => name.Replace("bert.", prefix));

    [Fact]
    public void TheNamesOf2018AreUnderstood() =>
        LoadsRenamed(name => name.Replace("LayerNorm.weight", "LayerNorm.gamma").Replace("LayerNorm.bias", "LayerNorm.beta"));

    [Fact]
    public void ABareEncoderLoadsIntoAModelWithAHeadAndBack()
    {
        ParameterLayout bare = ParameterLayout.For(Tiny, BertTasks.Encoder), whole = ParameterLayout.For(Tiny, BertTasks.Classification, 3);
        Assert.Equal(["classifier.weight", "classifier.bias"], Load(Save(bare), whole).Report.New);
        Assert.Equal(["classifier.weight", "classifier.bias"], Load(Save(whole), bare).Report.Unused.OrderDescending());
        Assert.Empty(Load(Save(whole), bare).Report.New);
    }

    [Fact]
    public void TiedTensorsMayBeThereMissingOrAloneButNotDiffer()
    {
        ParameterLayout layout = ParameterLayout.For(Tiny, BertTasks.MaskedLm);
        const string Words = "bert.embeddings.word_embeddings.weight", Decoder = "cls.predictions.decoder.weight";
        float[] words = Values(layout["embeddings.word"]);
        string both = Save(layout, more: w => w.Add(Decoder, [11, 8], () => words));
        Assert.Empty(Load(both, layout).Report.Unused);
        string alone = Save(layout, rename: name => name == Words ? Decoder : name);
        Assert.Equal(words, Load(alone, layout).Loaded["embeddings.word"]);
        float[] other = [.. words];
        other[5] += 1;
        string untied = Save(layout, more: w => w.Add(Decoder, [11, 8], () => other));
        Refusals.Of(() => Load(untied, layout), "not tied", Decoder);
        string longer = Save(layout, more: w => w.Add(Decoder, [12, 8], () => new float[96]));
        Refusals.Of(() => Load(longer, layout), "not tied", Decoder);
    }

    [Fact]
    public void ConstantsOfOlderVersionsAreNotReported()
    {
        ParameterLayout layout = ParameterLayout.For(Tiny, BertTasks.MaskedLm);
        string path = Save(layout, more: w => w.Add("bert.embeddings.position_ids", [1, 6], () => (long[])[0, 1, 2, 3, 4, 5]));
        Assert.Empty(Load(path, layout).Report.Unused);
    }

    [Fact]
    public void AnotherModelIsRefused()
    {
        ParameterLayout layout = ParameterLayout.For(Tiny, BertTasks.MaskedLm);
        Refused(Tiny with { VocabSize = 12 }, "a vocabulary of another size", "[12, 8]", "[11, 8]");
        Refused(Tiny with { MaxPositions = 7 }, "another number of positions", "[7, 8]", "[6, 8]");
        Refused(Tiny with { IntermediateSize = 16 }, "another architecture", "[16, 8]", "[12, 8]");
        Refused(Tiny with { HiddenSize = 16 }, "another architecture", "[11, 16]", "[11, 8]", "its own config.json");
        Refused(Tiny with { Layers = 1 }, "another architecture", "lacks 16 of the 37 tensors", "encoder.layer.1");
        Refused(TinyDistil, "another architecture", "lacks 33 of the 37");
        Refused(TinyAlbert, "another architecture");
        string twice = Save(layout, more: w => w.Add("module.bert.embeddings.LayerNorm.gamma", [8], () => new float[8]));
        Refusals.Of(() => Load(twice, layout), "two tensors for one place", "module.bert.embeddings.LayerNorm.gamma");
        string integers = Save(layout, name => name == "cls.predictions.bias" ? "x" : name, w => w.Add("cls.predictions.bias", [11], () => new int[11]));
        Refusals.Of(() => Load(integers, layout), "cls.predictions.bias", "I32");

        void Refused(BertConfig saved, params string[] parts) =>
            Refusals.Of(() => Load(Save(ParameterLayout.For(saved, BertTasks.MaskedLm)), layout), parts);
    }

    [Fact]
    public void AHeadOfAnotherSizeIsRefusedUnlessItMayBeReplaced()
    {
        string three = Save(ParameterLayout.For(Tiny, BertTasks.Classification, 3));
        ParameterLayout five = ParameterLayout.For(Tiny, BertTasks.Classification, 5);
        Refusals.Of(() => Load(three, five), "another number of classes", "[3, 8]", "[5, 8]");
        LoadReport report = Load(three, five, replaceHeads: true).Report;
        Assert.Equal(["classifier.weight", "classifier.bias"], report.New);
        Assert.Equal(["classifier.bias", "classifier.weight"], report.Unused.Order());
    }

    private void LoadsRenamed(Func<string, string> rename)
    {
        ParameterLayout layout = ParameterLayout.For(Tiny, BertTasks.Pretraining);
        (Dictionary<string, float[]> loaded, LoadReport report) = Load(Save(layout, rename), layout);
        Assert.Empty(report.New);
        Assert.Empty(report.Unused);
        Assert.All(layout.Parameters, p => Assert.Equal(Values(p), loaded[p.Name]));
    }

    private static BertConfig ConfigOf(ModelFamily family) => family switch
    {
        ModelFamily.Albert => TinyAlbert,
        ModelFamily.DistilBert => TinyDistil,
        _ => Tiny,
    };

    /// <summary>Values that differ from tensor to tensor and element to element.</summary>
    private static float[] Values(ParameterSpec parameter)
    {
        int seed = parameter.Name.Aggregate(7, (hash, c) => unchecked(hash * 31 + c));
        var random = new Random(seed);
        return [.. Enumerable.Range(0, parameter.Count).Select(_ => random.NextSingle() - 0.5f)];
    }

    private string Save(ParameterLayout layout, Func<string, string>? rename = null, Action<SafetensorsWriter>? more = null)
    {
        string path = _scratch[Guid.NewGuid().ToString("N") + ".safetensors"];
        var writer = new SafetensorsWriter();
        if (rename is null)
            WeightSaver.Declare(writer, layout, p => Values(p));
        else
            foreach ((ParameterSpec parameter, TensorPiece piece) in layout.Parameters.SelectMany(p => p.Pieces.Select(piece => (p, piece))))
                writer.Add(rename(piece.HfName), piece.Shape.Select(d => (long)d), () => Values(parameter).AsSpan(piece.Offset, piece.Count));
        more?.Invoke(writer);
        AtomicFile.Write(path, writer.WriteTo);
        return path;
    }

    private static (Dictionary<string, float[]> Loaded, LoadReport Report) Load(string path, ParameterLayout layout, bool replaceHeads = false)
    {
        var loaded = new Dictionary<string, float[]>();
        using ITensorSource source = TensorSources.Open(path);
        LoadReport report = WeightLoader.Load(source, layout, (parameter, values) => loaded.Add(parameter.Name, values.ToArray()), replaceHeads);
        return (loaded, report);
    }
}
