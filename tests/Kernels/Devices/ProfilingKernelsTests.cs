using System.Reflection;
using BareBert.Autograd;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>--profile: a stopwatch around each kernel changes nothing and misses none.</summary>
public sealed class ProfilingKernelsTests
{
    [Fact]
    public void EveryKernelOfTheContractIsTimed()
    {
        // One that the contract implemented by itself would reach the device without the stopwatch.
        InterfaceMapping map = typeof(ProfilingKernels).GetInterfaceMap(typeof(IKernels));
        Assert.All(map.TargetMethods, method => Assert.Equal(typeof(ProfilingKernels), method.DeclaringType));
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("emulated")]
    public void AStepGivesTheSameBitsAndItsCosts(string device)
    {
        using IKernels plain = BareBert.Kernels.Devices.Open(device, 2);
        using var profile = new ProfilingKernels(BareBert.Kernels.Devices.Open(device, 2));
        Assert.Equal(device, profile.Name);
        Assert.Equal(Gradients(plain), Gradients(profile));

        IReadOnlyList<KernelCost> costs = profile.Costs;
        string[] expected = ["AttentionBackward", "AttentionForward", "EmbeddingBackward", "EmbeddingForward", "LinearBackward", "LinearForward", "VocabularyLoss"];
        Assert.Superset(expected.ToHashSet(), costs.Select(cost => cost.Name).ToHashSet());
        Assert.All(costs, cost => Assert.True(cost is { Calls: > 0, Seconds: > 0, Bytes: > 0 }, $"{cost}"));
        Assert.Equal(costs.OrderByDescending(cost => cost.Seconds), costs);

        // A product of a layer's forward pass has two in its backward pass, or one where its input is no variable.
        KernelCost forward = costs.Single(cost => cost.Name == "LinearForward"), backward = costs.Single(cost => cost.Name == "LinearBackward");
        Assert.True(forward.Flops > 0 && forward.Flops < backward.Flops && backward.Flops <= 2 * forward.Flops, $"{forward.Flops} forward, {backward.Flops} backward");
        profile.Reset();
        Assert.Empty(profile.Costs);
    }

    private static float[] Gradients(IKernels kernels)
    {
        (BertModel model, _) = BertModel.LoadForTraining(kernels, ModelFolder.Open(GoldenBert.Folder), BertTasks.Pretraining, BertModel.TrainAll);
        using (model)
        {
            var heads = new PretrainingHeads(model);
            using var tape = new Tape(kernels);
            using var arena = new Arena(kernels.Memory);
            Tensor losses = arena.Zeros(new Shape(2));
            GoldenBatch batch = GoldenBert.Batches()[0];
            model.Parameters.Grads.Zero();
            using (tape.Begin(TapeMode.Training(seed: 1, step: 0)))
            {
                PackedInputs inputs = batch.Upload(tape);
                Variable hidden = model.Encoder.Forward(tape, inputs);
                heads.MaskedWordLosses(tape, hidden, tape.Upload(batch.MaskedRows), tape.Upload(batch.Labels), 1.0 / batch.Labels.Length, losses.Slice(0, new Shape(1)));
                heads.NextSentenceLosses(tape, hidden, inputs.FirstRows, tape.Upload(batch.NextLabels), 1.0 / batch.NextLabels.Length, losses.Slice(1, new Shape(1)));
                tape.Backward();
            }
            return model.Parameters.Grads.ToArray<float>();
        }
    }
}
