using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>A head for another task that has the same name and shape is not begun with.</summary>
public sealed class NewHeadTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_a_head_learned_of_words_means_nothing_of_texts(bool ofWords)
    {
        string model = Directory.CreateDirectory(_folder.At("model")).FullName, data = _folder.At("data.csv");
        using (var kernels = new CpuKernels(1))
        {
            BertConfig config = KeywordSentiment.Config with { Labels = ["neg", "pos"] };
            using BertModel saved = BertModel.Create(kernels, ParameterLayout.For(config, ofWords ? BertTasks.TokenClassification : BertTasks.Classification), KeywordSentiment.Tokenizer, seed: 3);
            saved.Save(model);
        }
        File.WriteAllText(data, "text,label\n" + string.Concat(Enumerable.Range(0, 8).Select(i => i % 2 == 0 ? "the film was good,pos\n" : "a dull story,neg\n")));
        var watcher = new Watcher();
        new FineTuner(new FineTunerOptions
        {
            Task = new ClassificationOptions(), Data = data, Model = model, Method = FineTuningMethod.Full, Steps = 1, NoFirstEvaluation = true, Device = "cpu", Out = _folder.At("run"),
        }, watcher).Run();
        Assert.Equal(ofWords, watcher.Notices.Exists(line => line.Contains("has a head for tokens, which is not begun with")));
        Assert.Equal(ofWords, watcher.Notices.Exists(line => line.Contains("new, with random weights") && line.Contains("classifier.weight")));
    }

    private sealed class Watcher : ITrainingObserver
    {
        public List<string> Notices { get; } = [];

        public void OnNotice(string line) => Notices.Add(line);
    }
}
