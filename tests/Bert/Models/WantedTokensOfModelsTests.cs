using BareBert.Autograd;
using BareBert.Bert.Models;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>A token whose output alone is wanted gets what it gets among all, whatever the layers' weights are kept in and whatever stands beside them.</summary>
public sealed class WantedTokensOfModelsTests : IDisposable
{
    private static readonly int[] Lengths = [5, 1, 12], Wanted = [0, 3, 6, 17];

    private readonly CpuKernels _kernels = new(2);
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _folder.Dispose();
        _kernels.Dispose();
    }

    [Theory]
    [InlineData(FineTuningMethod.Full)]
    [InlineData(FineTuningMethod.Lora)]
    [InlineData(FineTuningMethod.Qlora)]
    [InlineData(FineTuningMethod.Adapter)]
    public void OfAModelThatIsTrained(FineTuningMethod method)
    {
        ParameterLayout layout = ParameterLayout.For(KeywordSentiment.Config, BertTasks.Classification);
        using BertModel model = BertModel.Create(_kernels, layout, KeywordSentiment.Tokenizer, seed: 4, adaptation: Adaptations.Of(method, layout));
        // A branch begins at zero, where it would not show.
        foreach (Parameter branch in model.Parameters.All.Where(p => p.Name.Contains("lora_B", StringComparison.Ordinal)))
            branch.Value.Upload<float>([.. Enumerable.Range(0, (int)branch.Value.Count).Select(i => 0.3f * MathF.Sin(i))]);
        Check(model);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void OfAModelThatIsUsed(bool int8)
    {
        Directory.CreateDirectory(_folder.At("model"));
        using (BertModel model = BertModel.Create(_kernels, ParameterLayout.For(KeywordSentiment.Config, BertTasks.Classification), KeywordSentiment.Tokenizer, seed: 4))
            model.Save(_folder.At("model"));
        using BertModel used = BertModel.LoadForInference(_kernels, ModelFolder.Open(_folder.At("model")), BertTasks.Classification, int8: int8);
        for (int pass = 0; pass < 3; pass++) // weights are packed when they come a second time
            Check(used);
    }

    private void Check(BertModel model)
    {
        float[] all = Run(model, (tape, inputs) => model.Encoder.Forward(tape, inputs));
        float[] some = Run(model, (tape, inputs) => model.Encoder.Forward(tape, inputs, WantedTokens.Upload(tape, inputs, Wanted)));
        int width = model.Config.HiddenSize;
        Assert.Equal(Wanted.Length * width, some.Length);
        for (int i = 0; i < some.Length; i++)
            Assert.Equal(all[Wanted[i / width] * width + i % width], some[i], 1e-5);
    }

    private float[] Run(BertModel model, Func<Tape, PackedInputs, Variable> forward)
    {
        int[] offsets = AttentionTrial.Offsets(Lengths);
        int[] positions = [.. Lengths.SelectMany(length => Enumerable.Range(0, length))];
        int[] ids = [.. positions.Select((_, i) => (5 + 7 * i) % model.Config.VocabSize)];
        using var tape = new Tape(_kernels);
        using (tape.Begin(TapeMode.Evaluation))
            return forward(tape, PackedInputs.Upload(tape, ids, positions, new int[ids.Length], offsets)).Value.ToArray<float>();
    }
}
