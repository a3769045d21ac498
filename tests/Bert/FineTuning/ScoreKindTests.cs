using System.Text.Json;
using System.Text.Json.Nodes;
using BareBert.Cli;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>What a sequence classifier's outputs mean, as config.json says: one class of several, each of several, or a score.</summary>
[Collection(nameof(CliCollection))]
public sealed class ScoreKindTests : IDisposable
{
    private const string Text = "the film was good", Text2 = "a story";

    private readonly CpuKernels _kernels = new(1);
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _folder.Dispose();
        _kernels.Dispose();
    }

    [Theory]
    [InlineData(3, null, "softmax")]
    [InlineData(3, "single_label_classification", "softmax")]
    [InlineData(3, "multi_label_classification", "sigmoid")]
    [InlineData(3, "regression", "plain")]
    [InlineData(1, null, "sigmoid")]
    [InlineData(1, "single_label_classification", "sigmoid")]
    [InlineData(1, "multi_label_classification", "sigmoid")]
    [InlineData(1, "regression", "plain")]
    public void The_problem_type_and_the_number_of_labels_say_it(int labels, string? problem, string kind)
    {
        // A regression's are the outputs themselves, of which the other kinds are functions.
        double[] outputs = [.. Predict(Save(labels, "regression")).Probabilities];
        double sum = outputs.Sum(Math.Exp);
        double[] expected = [.. outputs.Select(x => kind == "softmax" ? Math.Exp(x) / sum : kind == "sigmoid" ? 1 / (1 + Math.Exp(-x)) : x)];
        TextPrediction said = Predict(Save(labels, problem));
        RequireEqual(expected, said.Probabilities);
        Assert.Equal(kind, said.Kind.ToString().ToLowerInvariant());
        Assert.Equal((double)said.Probabilities.Max(), said.Score);
        Assert.Equal(kind == "sigmoid" && labels > 1 ? expected.Count(p => p > 0.5) : 1, said.Labels.Count);
    }

    [Theory]
    [InlineData("""{"sbert_ce_default_activation_function": "torch.nn.modules.linear.Identity"}""", ScoreKind.Plain)]
    [InlineData("""{"sentence_transformers": {"version": "5.0", "activation_fn": "torch.nn.modules.linear.Identity"}}""", ScoreKind.Plain)]
    [InlineData("""{"sentence_transformers": {"activation_fn": "torch.nn.modules.activation.Sigmoid"}}""", ScoreKind.Sigmoid)]
    [InlineData("""{"sentence_transformers": {}}""", ScoreKind.Sigmoid)]
    [InlineData("""{"sentence_transformers": {"activation_fn": null}, "sbert_ce_default_activation_function": "x"}""", ScoreKind.Sigmoid)]
    public void A_cross_encoders_own_activation_counts(string keys, ScoreKind kind)
    {
        double output = Predict(Save(1, "regression"), Text2).Score;
        TextPrediction said = Predict(Save(1, null, keys), Text2);
        Assert.Equal(kind, said.Kind);
        RequireEqual([kind == ScoreKind.Plain ? output : 1 / (1 + Math.Exp(-output))], said.Probabilities);
    }

    [Fact]
    public void Another_activation_is_refused() =>
        Refusals.Of(() => Predict(Save(1, null, """{"sbert_ce_default_activation_function": "torch.nn.modules.activation.Tanh"}""")), "not supported", "Tanh");

    [Fact]
    public void Predict_prints_each_kind()
    {
        JsonElement several = One(CliRun.Of("predict", "--model", Save(3, "multi_label_classification"), "--json", Text).Succeeded());
        Assert.Equal(several.GetProperty("probabilities").EnumerateObject().Where(p => p.Value.GetDouble() > 0.5).Select(p => p.Name),
            several.GetProperty("labels").EnumerateArray().Select(label => label.GetString()));
        JsonElement score = One(CliRun.Of("predict", "--model", Save(1, "regression"), "--json", "--pairs", $"{Text}\t{Text2}").Succeeded());
        Assert.Equal(score.GetProperty("score").GetDouble(), score.GetProperty("scores").GetProperty("LABEL_0").GetDouble(), 1e-6);
        Assert.False(score.TryGetProperty("probabilities", out _));
        Assert.StartsWith("LABEL_0\t", CliRun.Of("predict", "--model", Save(1, null), "--pairs", $"{Text}\t{Text2}").Succeeded().Out);
    }

    [Theory]
    [InlineData(3, "multi_label_classification")]
    [InlineData(3, "regression")]
    [InlineData(1, null)]
    public void Such_a_model_is_evaluated_and_learns_from_labels_of_its_own_kind_alone(int labels, string? problem)
    {
        string folder = Save(labels, problem), row = problem == "regression" ? "0.5,1,2" : labels == 1 ? "1" : "LABEL_0|LABEL_2";
        string data = _folder.Write("data.csv", (row.Contains(',') ? "text,a,b,c\n" : "text,label\n") + $"the film was good,{row}\nthe film was bad,{row}\n");
        JsonElement evaluated = CliRun.Of("evaluate", "--model", folder, "--data", data, "--json", "--label-column", row.Contains(',') ? "a,b,c" : "label").Json().GetProperty("splits").GetProperty("data");
        Assert.Equal(2, evaluated.GetProperty("examples").GetInt32());
        Assert.True(evaluated.TryGetProperty(problem == "multi_label_classification" ? "micro_f1" : "rmse", out _));
        using BertModel model = BertModel.LoadForTraining(_kernels, ModelFolder.Open(folder), BertTasks.Classification, BertModel.TrainAll).Model;
        EncodedExamples examples = KeywordSentiment.Encode(KeywordSentiment.Texts(4, seed: 1));
        Refusals.Of(() => new ClassificationTask(_kernels, model, examples, [], new ClassificationTraining(2, 1, 1)).Dispose(), "the labels are for single_label_classification with 2 outputs");
    }

    [Fact]
    public void A_newly_trained_head_forgets_how_the_old_one_was_meant()
    {
        string folder = Save(1, "regression", """{"sbert_ce_default_activation_function": "torch.nn.modules.linear.Identity"}"""), run = _folder.At("run");
        string data = _folder.Write("train.csv", "text,label\n" + string.Concat(Enumerable.Repeat("the film was good,1\nthe film was bad,0\n", 10)));
        CliRun.Of("finetune", "--task", "classification", "--data", data, "--model", folder, "--epochs", "1", "--device", "cpu", "--out", run).Succeeded();
        ModelFolder trained = ModelFolder.Open(run);
        Assert.Equal("single_label_classification", trained.Config.ProblemType);
        Assert.DoesNotContain("sbert_ce_default_activation_function", trained.Config.Other.Keys);
        Assert.Equal(ScoreKind.Softmax, Predict(run).Kind);
    }

    private static void RequireEqual(double[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.True(Math.Abs(pair.First - pair.Second) <= 1e-6, $"{pair.First} {pair.Second}"));
    }

    private static JsonElement One(CliRun run) => JsonDocument.Parse(run.Out).RootElement.GetProperty("predictions")[0];

    private static TextPrediction Predict(string folder, string? second = null)
    {
        using TextClassifier classifier = TextClassifier.Open(folder);
        return classifier.Predict([(Text, second)])[0];
    }

    private string Save(int labels, string? problem, string other = "{}")
    {
        string folder = Directory.CreateDirectory(_folder.At($"{labels}{problem}{other.Length}")).FullName;
        BertConfig config = KeywordSentiment.Config with { Labels = [.. Enumerable.Range(0, labels).Select(c => $"LABEL_{c}")], ProblemType = problem };
        using (BertModel model = BertModel.Create(_kernels, ParameterLayout.For(config, BertTasks.Classification), KeywordSentiment.Tokenizer, seed: 7))
            model.Save(folder);
        string file = Path.Combine(folder, "config.json");
        JsonObject json = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        foreach ((string key, JsonNode? value) in JsonNode.Parse(other)!.AsObject())
            json[key] = value?.DeepClone();
        File.WriteAllText(file, json.ToJsonString());
        return folder;
    }
}
