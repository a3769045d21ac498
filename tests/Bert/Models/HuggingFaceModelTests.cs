using System.Text.Json;
using Xunit;

namespace BareBert.Tests;

/// <summary>Folders that transformers itself wrote.</summary>
public sealed class HuggingFaceModelTests
{
    [Theory]
    [InlineData("tiny-bert", ModelFamily.Bert, "pretraining")]
    [InlineData("tiny-albert", ModelFamily.Albert, "pretraining")]
    [InlineData("tiny-distilbert", ModelFamily.DistilBert, "masked-lm")]
    public void LoadWhole(string name, ModelFamily family, string taskName)
    {
        TaskDefinition task = BertTasks.Parse(taskName);
        ModelFolder model = ModelFolder.Open(Golden.Find("models", name));
        Assert.Equal((family, task), (model.Config.Family, BertTasks.Of(model)));
        Dictionary<string, double> sums = JsonSerializer.Deserialize<Dictionary<string, double>>(
            File.ReadAllBytes(Golden.Find("models", name, "sums.json")))!;
        ParameterLayout layout = ParameterLayout.For(model.Config, task);
        using ITensorSource weights = model.OpenWeights();
        LoadReport report = WeightLoader.Load(weights, layout, (parameter, values) =>
        {
            foreach (TensorPiece piece in parameter.Pieces)
            {
                double sum = 0;
                foreach (float value in values.Slice(piece.Offset, piece.Count))
                    sum += value;
                Assert.True(Math.Abs(sum - sums[piece.HfName]) <= 1e-9, piece.HfName);
                Assert.True(sums.Remove(piece.HfName));
            }
        });
        Assert.Empty(report.New);
        Assert.Empty(report.Unused);
        Assert.Empty(sums);
    }
}
