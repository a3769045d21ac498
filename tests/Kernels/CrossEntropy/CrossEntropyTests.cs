using System.Text.Json;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>The loss beside PyTorch's own numbers.</summary>
[Collection("devices")]
public sealed class CrossEntropyTests(DeviceFixture devices)
{
    /// <summary>Recorded by golden/crossentropy/record.cs: PyTorch's weights stand at the classes of the target distribution, not at rows.</summary>
    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void Weights_and_smoothing_are_PyTorchs(string device)
    {
        JsonElement recorded = JsonDocument.Parse(File.ReadAllBytes(Golden.Find("crossentropy", "expected.json"))).RootElement;
        float[] weights = Floats(recorded.GetProperty("weights"));
        int[] labels = [.. recorded.GetProperty("labels").EnumerateArray().Select(label => label.GetInt32())];
        double total = labels.Sum(label => weights[label]);
        foreach (JsonElement one in recorded.GetProperty("cases").EnumerateArray())
        {
            using Trial trial = devices.On(device);
            var shape = new Shape(labels.Length, weights.Length);
            Operand logits = trial.Floats(shape, Floats(recorded.GetProperty("logits"))), classWeights = trial.Floats(new(weights.Length), weights), label = trial.Ints(labels);
            Operand losses = trial.Output(new(labels.Length)), probs = trial.Output(shape), dlogits = trial.Floats(shape, new float[shape.Count]);
            double smoothing = one.GetProperty("smoothing").GetDouble();
            trial.Run((k, t) =>
            {
                k.Run(new CrossEntropyForward { Losses = t(losses), Probs = t(probs), Logits = t(logits), Labels = t(label), ClassWeights = t(classWeights), Smoothing = smoothing });
                k.Run(new CrossEntropyBackward { DLogits = t(dlogits), Probs = t(probs), Labels = t(label), ClassWeights = t(classWeights), Smoothing = smoothing, Scale = 1 / total });
            });
            Close(Floats(one.GetProperty("losses")), trial.Result(losses));
            Close(Floats(one.GetProperty("gradient")), trial.Result(dlogits));
            Assert.Equal(one.GetProperty("mean").GetDouble(), trial.Result(losses).Sum(loss => (double)loss) / total, 2e-6);
        }
    }

    private static float[] Floats(JsonElement list) => [.. list.EnumerateArray().Select(value => value.GetSingle())];

    private static void Close(float[] expected, float[] actual) => Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 2e-6f));
}
