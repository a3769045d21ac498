using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>The evaluation after training: watched, interrupted, limited.</summary>
public sealed class LastEvaluationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FineTunerOptions _options;

    public LastEvaluationTests()
    {
        using var kernels = new CpuKernels(1);
        KeywordSentiment.SaveBase(_folder.At("base"), kernels);
        string data = Directory.CreateDirectory(_folder.At("data")).FullName;
        foreach ((string split, int rows, ulong seed) in ((string, int, ulong)[])[("train", 40, 1), ("validation", 30, 2), ("test", 50, 3)])
            File.WriteAllText(Path.Combine(data, split + ".csv"), "text,label\n" + string.Concat(KeywordSentiment.Texts(rows, seed).Examples.Select(e => $"{e.Text},{KeywordSentiment.Labels[e.Label]}\n")));
        _options = new FineTunerOptions { Task = new ClassificationOptions(), Data = data, Model = _folder.At("base"), Out = _folder.At("run"), Epochs = 1, Device = "cpu", Threads = 1 };
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Interrupted_in_it_a_run_has_its_summary_and_can_be_evaluated_again()
    {
        using var cancel = new CancellationTokenSource();
        TrainingResult stopped = new FineTuner(_options, new Watcher(what => what == "test", cancel)).Run(cancel.Token);
        Assert.Equal((TrainingEnd.Interrupted, true, 0), (stopped.End, stopped.IsTrained, stopped.Final.Count));
        JsonObject summary = Summary();
        Assert.Equal(("interrupted", 2), ((string?)summary["end"], (int)summary["steps"]!));
        Assert.Contains("the last evaluation was interrupted", File.ReadAllText(stopped.Run.Report));

        TrainingResult done = new FineTuner(FineTuner.Resume(_options.Out!)).Run(TestContext.Current.CancellationToken);
        Assert.Equal((TrainingEnd.Finished, "valid", "test"), (done.End, done.Final[0].Split, done.Final[1].Split));
        Assert.Equal(50, (int)Summary()["test"]!["examples"]!);
    }

    /// <summary>Somebody else may read the report than has trained.</summary>
    [Fact]
    public void A_run_writes_its_figures_the_same_in_every_culture()
    {
        CultureInfo before = CultureInfo.CurrentCulture, commas = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        (commas.NumberFormat.NumberDecimalSeparator, commas.NumberFormat.PercentDecimalSeparator) = (",", ",");
        string Report(string name)
        {
            FineTunerOptions options = _options with { Out = _folder.At(name), EvalEvery = 1, Task = new ClassificationOptions { Examples = ["good"] } };
            // What it cost is another each time.
            return Regex.Replace(File.ReadAllText(new FineTuner(options).Run().Run.Report), $"<section[^>]*><h2>(Time|Options).*?</section>|{name}", "", RegexOptions.Singleline);
        }
        string plain = Report("run-1"), other;
        try
        {
            CultureInfo.CurrentCulture = commas;
            other = Report("run-2");
            Assert.Same(commas, CultureInfo.CurrentCulture);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
        Assert.Contains("<td class=\"number\">0.5</td>", plain);
        Assert.Equal(plain, other);
    }

    [Fact]
    public void Interrupted_in_training_a_run_has_its_summary_too()
    {
        using var cancel = new CancellationTokenSource();
        TrainingResult stopped = new FineTuner(_options with { Epochs = 5 }, new Watcher(what => what == "step", cancel)).Run(cancel.Token);
        Assert.Equal((TrainingEnd.Interrupted, false), (stopped.End, stopped.IsTrained));
        Assert.Equal(("interrupted", 1), ((string?)Summary()["end"], (int)Summary()["steps"]!));
        Assert.True(File.Exists(stopped.Run.Report));
    }

    [Fact]
    public void Evaluations_run_over_as_many_rows_as_asked_and_are_counted()
    {
        using var cancel = new CancellationTokenSource();
        var watcher = new Watcher(_ => false, cancel);
        TrainingResult result = new FineTuner(_options with { EvalLimit = 10 }, watcher).Run(cancel.Token);
        Assert.Equal((10, 10), ((int)Summary()["valid"]!["examples"]!, (int)Summary()["test"]!["examples"]!));
        Assert.Equal([("valid", 10), ("test", 10)], watcher.Done.Distinct());
        Assert.Contains(result.Notes, note => note.Contains("at most 10 examples"));
        Assert.True(result.State.EvaluationTokens > 0 && result.State.EvaluationSeconds > 0 && result.State.TrainingSeconds > 0);
        Assert.True(result.State.Seconds >= result.State.EvaluationSeconds + result.State.TrainingSeconds);
    }

    private JsonObject Summary() => JsonNode.Parse(File.ReadAllText(Path.Combine(_options.Out!, "summary.json")))!.AsObject();

    /// <summary>Cancels when something begins, and remembers how far evaluations came.</summary>
    private sealed class Watcher(Predicate<string> stops, CancellationTokenSource cancel) : ITrainingObserver
    {
        public List<(string What, int Done)> Done { get; } = [];

        public void OnStep(in TrainingProgress progress) => Look("step");

        public void OnEvaluating(in EvaluationProgress progress)
        {
            Look(progress.What);
            if (progress.Done == progress.Total)
                Done.Add((progress.What, progress.Done));
        }

        private void Look(string what)
        {
            if (stops(what))
                cancel.Cancel();
        }
    }
}
