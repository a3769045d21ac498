using BareBert.Bert.Explanations;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>What an opened model says to a caller who makes a mistake.</summary>
public sealed class OpenedModelTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>It is no empty text.</summary>
    [Fact]
    public void A_text_that_is_missing_is_refused()
    {
        using TextClassifier classifier = TextClassifier.Open(Save(BertTasks.Classification));
        using TextEmbedder embedder = TextEmbedder.Open(Save(BertTasks.Classification));
        using TokenClassifier words = TokenClassifier.Open(Save(BertTasks.TokenClassification));
        using MaskFiller filler = MaskFiller.Open(Save(BertTasks.MaskedLm));
        using QuestionAnswerer answerer = QuestionAnswerer.Open(Save(BertTasks.QuestionAnswering));
        using Explainer explainer = Explainer.Open(Save(BertTasks.Classification));
        Func<object>[] mistakes =
        [
            () => classifier.Predict((string)null!), () => classifier.Predict([("good", null), (null!, null)]), () => classifier.Predict((IReadOnlyList<(string, string?)>)null!),
            () => embedder.Embed(["good", null!]), () => embedder.Embed(null!),
            () => words.Predict((string)null!), () => words.Predict([["good", null!]]), () => words.Predict([null!]), () => filler.Fill(null!, 1),
            () => answerer.Answer(null!, "good"), () => answerer.Answer("what", null!), () => explainer.Explain(null!),
        ];
        Assert.All(mistakes, mistake => Assert.ThrowsAny<ArgumentException>(mistake));
        Assert.Contains("text 1 is null", Assert.Throws<ArgumentException>(() => embedder.Embed(["good", null!])).Message);
    }

    [Fact]
    public async Task One_that_is_closed_says_so_and_may_be_closed_again()
    {
        TextClassifier classifier = TextClassifier.Open(Save(BertTasks.Classification));
        TextEmbedder embedder = TextEmbedder.Open(Save(BertTasks.Classification));
        TokenClassifier words = TokenClassifier.Open(Save(BertTasks.TokenClassification));
        MaskFiller filler = MaskFiller.Open(Save(BertTasks.MaskedLm));
        QuestionAnswerer answerer = QuestionAnswerer.Open(Save(BertTasks.QuestionAnswering));
        Explainer explainer = Explainer.Open(Save(BertTasks.Classification));
        IDisposable[] all = [classifier, embedder, words, filler, answerer, explainer];
        Func<object>[] calls =
        [
            () => classifier.Predict("good"), () => embedder.Embed(["good"]), () => words.Predict("good"), () => filler.Fill("[MASK]", 1), () => answerer.Answer("what", "good"),
            () => explainer.Explain("good"),
        ];
        Assert.All(calls, call => call());
        for (int time = 0; time < 2; time++)
            Array.ForEach(all, one => one.Dispose());
        Assert.All(calls.Zip(all), pair => Assert.Equal(pair.Second.GetType().FullName, Assert.Throws<ObjectDisposedException>(pair.First).ObjectName));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => classifier.PredictAsync("good", TestContext.Current.CancellationToken));
    }

    [Fact]
    public void More_tokens_than_the_model_has_positions_are_refused()
    {
        using var kernels = new CpuKernels(1);
        using BertModel model = BertModel.Create(kernels, ParameterLayout.For(KeywordSentiment.Config, BertTasks.Classification), KeywordSentiment.Tokenizer, seed: 2);
        int over = KeywordSentiment.Config.MaxPositions + 1;
        Assert.Throws<ArgumentOutOfRangeException>(() => new TextClassifier(kernels, model, over));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TextClassifier(kernels, model, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TextEmbedder(kernels, model, over));
        using var classifier = new TextClassifier(kernels, model, over - 1);
        Assert.Equal(KeywordSentiment.Config.Labels.Count, classifier.Predict(string.Join(' ', Enumerable.Repeat("good", over))).Probabilities.Length);
    }

    private string Save(TaskDefinition task)
    {
        string folder = _folder.At(task.Name);
        if (Directory.Exists(folder))
            return folder;
        using var kernels = new CpuKernels(1);
        using BertModel model = BertModel.Create(kernels, ParameterLayout.For(KeywordSentiment.Config, task), KeywordSentiment.Tokenizer, seed: 5);
        model.Save(Directory.CreateDirectory(folder).FullName);
        return folder;
    }
}
