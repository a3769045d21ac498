using BareBert.Autograd;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>A whole pretraining model's gradient against central differences, in double precision.</summary>
public sealed class WholeModelGradientTests
{
    private const double Tolerance = 1e-6;

    private static readonly SubwordTokenizer Tokenizer = new WordPieceTokenizer(
        new Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b", "c", "d", "e", "f"]));

    private static readonly BertConfig Config = new()
    {
        VocabSize = 11, HiddenSize = 8, Layers = 2, Heads = 2, IntermediateSize = 12, MaxPositions = 9,
        HiddenDropout = 0.2, AttentionDropout = 0.2, InitializerRange = 0.3,
    };

    // [CLS] alone, [CLS] a [SEP] b [SEP] and a full one, with masked words in the last two.
    private static readonly GoldenBatch Batch = new(
        Ids: [2, /**/ 2, 4, 3, 6, 3, /**/ 2, 5, 4, 7, 3, 8, 4, 10, 3],
        Positions: [0, /**/ 0, 1, 2, 3, 4, /**/ 0, 1, 2, 3, 4, 5, 6, 7, 8],
        Types: [0, /**/ 0, 0, 0, 1, 1, /**/ 0, 0, 0, 0, 0, 1, 1, 1, 1],
        Offsets: [0, 1, 6, 15], MaskedRows: [2, 8, 12], Labels: [5, 9, 9], NextLabels: [0, 1, 0]);

    [Theory]
    [InlineData(1u, true)]
    [InlineData(2u, true)]
    [InlineData(1u, false)]
    public void All_parameters_at_once_under_dropout(uint step, bool ofReadTokens)
    {
        (int[] tokens, int[] firsts, int[] masked) = ofReadTokens ? Batch.Read() : ([.. Enumerable.Range(0, Batch.Ids.Length)], Batch.Offsets[..^1], Batch.MaskedRows);
        using var kernels = new ReferenceKernels<double>();
        using BertModel model = BertModel.Create(kernels, ParameterLayout.For(Config, BertTasks.Pretraining), Tokenizer, seed: 3);
        var heads = new PretrainingHeads(model);
        using var tape = new Tape(kernels);
        using var arena = new Arena(kernels.Memory);
        Tensor total = arena.Zeros(new Shape(1), DType.Float64);

        double Run(bool backward)
        {
            total.Zero();
            using (tape.Begin(TapeMode.Training(seed: 5, step)))
            {
                PackedInputs inputs = Batch.Upload(tape);
                Variable hidden = model.Encoder.Forward(tape, inputs, WantedTokens.Upload(tape, inputs, tokens));
                heads.MaskedWordLosses(tape, hidden, tape.Upload(masked), tape.Upload(Batch.Labels), 1.0 / 3, total);
                heads.NextSentenceLosses(tape, hidden, tape.Upload(firsts), tape.Upload(Batch.NextLabels), 1.0 / 3, total);
                if (backward)
                    tape.Backward();
            }
            return total.ToArray<double>()[0];
        }

        double[][] Gradients()
        {
            model.Parameters.Grads.Zero();
            Run(backward: true);
            return [.. model.Parameters.All.Select(p => p.Grad.ToArray<double>())];
        }

        double error = GradientCheck.MaxRelativeError(
            [.. model.Parameters.All.Select(p => p.Value)], () => Run(backward: false), Gradients, seed: 11, directions: 6);
        Assert.True(error <= Tolerance, $"relative error {error:E2}");
        Assert.All(Gradients(), (gradient, i) => Assert.True(gradient.Any(g => g != 0), $"no gradient reaches {model.Parameters.All[i].Name}"));
    }
}
