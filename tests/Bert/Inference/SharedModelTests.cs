using BareBert.Kernels;
using Microsoft.Extensions.AI;
using Xunit;

namespace BareBert.Tests;

/// <summary>One opened model serves many threads, and says to each what it would say to one.</summary>
[Collection(nameof(CliCollection))]
public sealed class SharedModelTests : IDisposable
{
    private const int Callers = 24;

    private readonly TemporaryFolder _folder = new();

    public SharedModelTests()
    {
        using var kernels = new CpuKernels(1);
        KeywordSentiment.SaveBase(_folder.At("base"), kernels);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_classifier_serves_many()
    {
        string data = _folder.Write("labels.csv", "text,label\n" + string.Join('\n', KeywordSentiment.Texts(40, 3).Examples.Select(e => $"{e.Text},{e.Label}")) + "\n");
        CliRun.Of("finetune", "--task", "classification", "--data", data, "--model", _folder.At("base"), "--steps", "3", "--out", _folder.At("run"), "--quiet").Succeeded();
        string[] texts = [.. KeywordSentiment.Texts(Callers, 5).Examples.Select(e => e.Text)];
        using TextClassifier classifier = TextClassifier.Open(_folder.At("run"));
        float[][] alone = [.. texts.Select(text => classifier.Predict(text).Probabilities)];
        TextPrediction[] asynchronous = await Task.WhenAll(texts.Select(text => Task.Run(() => classifier.PredictAsync(text))));
        Assert.Equal(texts, asynchronous.Select(p => p.Text));
        var threads = new float[Callers][];
        Parallel.For(0, Callers, i => threads[i] = classifier.Predict(texts[i]).Probabilities);
        for (int i = 0; i < Callers; i++)
        {
            Assert.Equal(alone[i], threads[i]);
            Assert.All(alone[i].Zip(asynchronous[i].Probabilities), pair => Assert.True(Math.Abs(pair.First - pair.Second) <= 1e-5));
        }
    }

    /// <summary>Each has a turn of its own at the device, which takes one call at a time.</summary>
    [Fact]
    public void Models_on_one_device_take_turns()
    {
        using var kernels = new CpuKernels(2);
        using BertModel classes = BertModel.Create(kernels, ParameterLayout.For(KeywordSentiment.Config, BertTasks.Classification), KeywordSentiment.Tokenizer, seed: 2);
        using BertModel words = BertModel.Create(kernels, ParameterLayout.For(KeywordSentiment.Config with { Labels = [] }, BertTasks.MaskedLm), KeywordSentiment.Tokenizer, seed: 3);
        using var classifier = new TextClassifier(kernels, classes);
        using var embedder = new TextEmbedder(kernels, classes, 16);
        using var filler = new MaskFiller(kernels, words);
        string[] texts = [.. KeywordSentiment.Texts(Callers, 5).Examples.Select(e => e.Text)];
        float[][] probabilities = [.. texts.Select(text => classifier.Predict(text).Probabilities)], vectors = [.. texts.Select(text => embedder.Embed([text])[0])];
        int[] guesses = [.. texts.Select(text => filler.Fill($"{text} [MASK]", 1)[0].Guesses[0].Id)];
        Parallel.For(0, 30 * Callers, new ParallelOptions { MaxDegreeOfParallelism = 4 }, call =>
        {
            int i = call / 3 % Callers;
            if (call % 3 == 0)
                Assert.Equal(probabilities[i], classifier.Predict(texts[i]).Probabilities);
            else if (call % 3 == 1)
                Assert.Equal(vectors[i], embedder.Embed([texts[i]])[0]);
            else
                Assert.Equal(guesses[i], filler.Fill($"{texts[i]} [MASK]", 1)[0].Guesses[0].Id);
        });
    }

    [Fact]
    public async Task An_answerer_serves_many()
    {
        using var kernels = new CpuKernels(1);
        using (BertModel model = BertModel.Create(kernels, ParameterLayout.For(KeywordSentiment.Config with { Labels = [] }, BertTasks.QuestionAnswering), KeywordSentiment.Tokenizer, seed: 2))
        {
            Directory.CreateDirectory(_folder.At("qa"));
            model.Save(_folder.At("qa"));
        }
        string[] contexts = [.. KeywordSentiment.Texts(Callers, 5).Examples.Select(e => e.Text)];
        using QuestionAnswerer answerer = QuestionAnswerer.Open(_folder.At("qa"));
        string[] alone = [.. contexts.Select(context => answerer.Answer("was it good", context).Answer(null))];
        QaPrediction[] together = await Task.WhenAll(contexts.Select(context => Task.Run(() => answerer.AnswerAsync("was it good", context))));
        Assert.Equal(alone, together.Select(p => p.Answer(null)));
        Assert.Equal(alone, answerer.Answer([.. contexts.Select(context => ("was it good", context))]).Select(p => p.Answer(null)));
    }

    [Fact]
    public async Task A_generator_serves_many()
    {
        string said = _folder.At("said");
        CopyBase(said);
        new SentenceModules { Normalizes = true, Prompts = new Dictionary<string, string> { ["query"] = "the film " } }.Save(said, 32);
        string[] texts = [.. KeywordSentiment.Texts(Callers, 5).Examples.Select(e => e.Text)];
        using IEmbeddingGenerator<string, Embedding<float>> generator = TextEmbeddingGenerator.Open(said);
        using TextEmbedder embedder = TextEmbedder.Open(said);
        float[][] alone = embedder.Embed(texts), asked = embedder.Embed(texts, "the film ");
        GeneratedEmbeddings<Embedding<float>>[] together = await Task.WhenAll(texts.Select(text => Task.Run(() => generator.GenerateAsync([text]))));
        var query = new EmbeddingGenerationOptions { AdditionalProperties = new() { [TextEmbeddingGenerator.PromptName] = "query" } };
        GeneratedEmbeddings<Embedding<float>> queries = await generator.GenerateAsync(texts, query);
        for (int i = 0; i < Callers; i++)
        {
            Assert.All(alone[i].Zip(together[i][0].Vector.ToArray()), pair => Assert.True(Math.Abs(pair.First - pair.Second) <= 1e-5));
            Assert.All(asked[i].Zip(queries[i].Vector.ToArray()), pair => Assert.True(Math.Abs(pair.First - pair.Second) <= 1e-5));
            Assert.Equal(texts[i].Split(' ').Length + 2, together[i].Usage!.InputTokenCount);
        }
        Assert.Empty(await generator.GenerateAsync([]));
        Assert.Empty(embedder.Search(texts[0], []));
        EmbeddingGeneratorMetadata metadata = generator.GetService<EmbeddingGeneratorMetadata>()!;
        Assert.Equal(("BareBert", "said", 32), (metadata.ProviderName, metadata.DefaultModelId, metadata.DefaultModelDimensions));
        Assert.NotNull(generator.GetService<TextEmbedder>());
        Assert.Null(generator.GetService<string>());
        await Assert.ThrowsAsync<InputException>(() => generator.GenerateAsync(texts, new EmbeddingGenerationOptions { Dimensions = 8 }));
        await Assert.ThrowsAsync<InputException>(() => generator.GenerateAsync(texts, new EmbeddingGenerationOptions { AdditionalProperties = new() { [TextEmbeddingGenerator.PromptName] = "other" } }));
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => generator.GenerateAsync(texts, cancellationToken: cancelled.Token));
    }

    private void CopyBase(string to)
    {
        Directory.CreateDirectory(to);
        foreach (string file in Directory.GetFiles(_folder.At("base")))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }
}
