using System.Text.Json;
using BareBert.Bert.Explanations;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>What is seen inside a model is what PyTorch sees there, and what the tokens are given sums to the answer.</summary>
public sealed class ExplainerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Recorded by golden/explanation/record.py in float64.</summary>
    [Theory]
    [InlineData("cpu")]
    [InlineData("reference")]
    [InlineData("emulated")]
    public void It_sees_what_PyTorch_sees(string device)
    {
        JsonElement expected = JsonDocument.Parse(File.ReadAllBytes(Golden.Find("explanation", "expected.json"))).RootElement;
        using Explainer explainer = Explainer.Open(GoldenBert.Folder, new InferenceOptions { Device = device });
        Explanation seen = explainer.Explain("w7 w12 [MASK] w30", "w55 w8 w61");
        Assert.Equal(["[CLS]", "w7", "w12", "[MASK]", "w30", "[SEP]", "w55", "w8", "w61", "[SEP]"], seen.Tokens.Select(t => t.Text));
        Assert.Equal((3, 6, 0), (seen.Tokens[2].Start, seen.Tokens[2].End, seen.Tokens[2].Segment));
        Assert.Equal((0, 3, 1), (seen.Tokens[6].Start, seen.Tokens[6].End, seen.Tokens[6].Segment));
        JsonElement[] layers = [.. expected.GetProperty("attention").EnumerateArray()];
        foreach (AttentionMap map in seen.Attention)
            Close(Doubles(layers[map.Layer][map.Head]), Array.ConvertAll(map.Probabilities, p => (double)p), 2e-6, $"attention of layer {map.Layer}, head {map.Head}");
        Assert.Equal(4, seen.Attention.Count);
        double[] probabilities = Doubles(expected.GetProperty("probabilities"));
        Assert.Equal(expected.GetProperty("words").EnumerateArray().Select(w => $"w{w.GetInt32()}"), seen.Layers.Select(l => l.Answers[0].Text));
        Close(probabilities, [.. seen.Layers.Select(l => l.Answers[0].Probability)], 1e-5, "answers of the layers");
        Attribution attribution = seen.Attribution!;
        Assert.Equal($"w{expected.GetProperty("word").GetInt32()}", attribution.Target);
        Close([expected.GetProperty("logit").GetDouble(), expected.GetProperty("baseline_logit").GetDouble()], [attribution.Logit, attribution.BaselineLogit], 1e-5, "logits");
        Close(Doubles(expected.GetProperty("gradient_times_input")), attribution.GradientTimesInput, 5e-5, "gradient times input");
        Close(Doubles(expected.GetProperty("integrated_gradients")), attribution.IntegratedGradients, 5e-5, "integrated gradients");
    }

    /// <summary>The finer the way is cut, the less is left over.</summary>
    [Fact]
    public void Integrated_gradients_sum_to_the_logits_difference()
    {
        using Explainer explainer = Explainer.Open(GoldenBert.Folder);
        double[] residuals = [.. new[] { 4, 64, 1024 }.Select(points => Math.Abs(explainer.Explain("w7 [MASK] w30 w9 w44", options: new ExplainerOptions { Points = points, Target = "w17" }).Attribution!.Residual))];
        Assert.True(residuals[2] < residuals[0] && residuals[2] <= 2e-3, $"{residuals[0]} {residuals[1]} {residuals[2]}");
    }

    [Fact]
    public void Attention_that_looks_at_one_token_has_no_entropy_and_that_at_all_has_the_most()
    {
        Assert.Equal((0.0, 1.0), (new AttentionMap(0, 0, [0, 1, 1, 0]).Entropy, new AttentionMap(0, 0, [0, 1, 1, 0]).Distance));
        Assert.Equal((Math.Log(2), 0.5), (new AttentionMap(0, 0, [0.5f, 0.5f, 0.5f, 0.5f]).Entropy, new AttentionMap(0, 0, [0.5f, 0.5f, 0.5f, 0.5f]).Distance));
    }

    [Theory]
    [InlineData(ModelFamily.Bert)]
    [InlineData(ModelFamily.DistilBert)]
    [InlineData(ModelFamily.Albert)]
    public void Every_family_and_head_is_explained(ModelFamily family)
    {
        foreach (TaskDefinition task in new[] { BertTasks.MaskedLm, BertTasks.Classification, BertTasks.QuestionAnswering, BertTasks.Encoder, BertTasks.TokenClassification })
        {
            using Explainer explainer = Explainer.Open(Save(family, task));
            bool hasHead = task != BertTasks.Encoder && task != BertTasks.TokenClassification;
            string text = task == BertTasks.MaskedLm ? "the [MASK] was good" : "the film was good";
            Explanation seen = explainer.Explain(text, task == BertTasks.QuestionAnswering ? "a dull story with music" : null);
            Assert.Equal(KeywordSentiment.Config.Layers * KeywordSentiment.Config.Heads, seen.Attention.Count);
            int n = seen.Tokens.Count;
            Assert.All(seen.Attention, map => Assert.All(Enumerable.Range(0, n), i => Assert.Equal(1, map.Probabilities.Skip(i * n).Take(n).Sum(), 1e-5)));
            Assert.Equal(hasHead ? KeywordSentiment.Config.Layers + 1 : 0, seen.Layers.Count);
            if (!hasHead)
            {
                Assert.Null(seen.Attribution);
                continue;
            }
            Assert.Equal(seen.Layers[^1].Answers[0].Text, seen.Attribution!.Target);
            double scale = Math.Max(1e-3, Math.Abs(seen.Attribution.Logit - seen.Attribution.BaselineLogit));
            Assert.True(Math.Abs(seen.Attribution.Residual) <= 0.02 * scale, $"{family} {task}: {seen.Attribution.Residual} of {scale}");
            Assert.Equal(0, seen.Attribution.IntegratedGradients[0]);
        }
    }

    [Fact]
    public void The_explained_class_is_the_predicted_one_and_the_users_is_explained_where_one_is_asked_for()
    {
        string folder = Save(ModelFamily.Bert, BertTasks.Classification);
        using Explainer explainer = Explainer.Open(folder);
        using TextClassifier classifier = TextClassifier.Open(folder);
        TextPrediction prediction = classifier.Predict("the film was good");
        Explanation seen = explainer.Explain("the film was good");
        Assert.Equal(prediction.Label, seen.Layers[^1].Answers[0].Text);
        Assert.Equal(prediction.Score, seen.Layers[^1].Answers[0].Probability, 1e-6);
        string other = classifier.LabelNames.First(label => label != prediction.Label);
        Assert.Equal(other, explainer.Explain("the film was good", options: new ExplainerOptions { Target = other }).Attribution!.Target);
        Refusals.Of(() => explainer.Explain("good", options: new ExplainerOptions { Target = "nothing" }), "`Target` nothing", other);
        Refusals.Of(() => explainer.Explain("good", options: new ExplainerOptions { Points = 0 }), "`Points` 0");
    }

    [Fact]
    public void What_does_not_suit_the_model_is_refused()
    {
        using (Explainer words = Explainer.Open(Save(ModelFamily.Bert, BertTasks.MaskedLm)))
            Refusals.Of(() => words.Explain("the film was good"), "[MASK]");
        Refusals.Of(() => Explainer.Open(Save(ModelFamily.Bert, BertTasks.MaskedLm), new InferenceOptions { MaxLength = 257 }), "`MaxLength` 257", "256");
        using Explainer answers = Explainer.Open(Save(ModelFamily.Bert, BertTasks.QuestionAnswering));
        Refusals.Of(() => answers.Explain("the film was good"), "two texts");
        Refusals.Of(() => answers.Explain("what was good", "the film", new ExplainerOptions { Target = "story" }), "no span");
    }

    [Fact]
    public void A_text_that_is_cut_is_said_to_be()
    {
        using Explainer explainer = Explainer.Open(Save(ModelFamily.Bert, BertTasks.Classification), new InferenceOptions { MaxLength = 5 });
        Explanation cut = explainer.Explain("the film was good");
        Assert.Equal((5, true), (cut.Tokens.Count, cut.Truncated));
        Assert.False(explainer.Explain("the film was").Truncated);
    }

    /// <summary>As much of the text is read as is asked for.</summary>
    [Fact]
    public void Masks_are_filled_in_as_many_tokens_as_are_asked_for()
    {
        string folder = Save(ModelFamily.Bert, BertTasks.MaskedLm);
        using MaskFiller five = MaskFiller.Open(folder, new InferenceOptions { MaxLength = 5 }), all = MaskFiller.Open(folder);
        Assert.Single(all.Fill("the film was [MASK]", 1));
        Assert.Single(five.Fill("the film [MASK] good", 1));
        Refusals.Of(() => five.Fill("the film was [MASK]", 1), "no [MASK] within the 5 tokens");
        Refusals.Of(() => MaskFiller.Open(folder, new InferenceOptions { MaxLength = 100_000 }), "`MaxLength` 100000");
    }

    private string Save(ModelFamily family, TaskDefinition task)
    {
        using var kernels = new CpuKernels(1);
        BertConfig config = KeywordSentiment.Config with { Family = family, TypeVocabSize = family == ModelFamily.DistilBert ? 0 : 2, InitializerRange = 0.2 };
        using BertModel model = BertModel.Create(kernels, ParameterLayout.For(config, task), KeywordSentiment.Tokenizer, seed: 5);
        string folder = Directory.CreateDirectory(_folder.At($"{family}-{task}")).FullName;
        model.Save(folder);
        return folder;
    }

    private static double[] Doubles(JsonElement list) => [.. list.EnumerateArray().Select(e => e.GetDouble())];

    // NaN fails.
    private static void Close(double[] expected, double[] actual, double tolerance, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        double scale = Math.Max(1, expected.Max(Math.Abs)), worst = expected.Zip(actual, (e, a) => Math.Abs(e - a)).Aggregate(0.0, Math.Max);
        Assert.True(worst <= tolerance * scale, $"{what}: off by {worst:E2}");
    }
}
