using System.Text.Json;
using BareBert.Autograd;
using BareBert.Autograd.Ops;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>
/// A whole BERT against PyTorch's numbers, loaded from a checkpoint under Hugging Face's names. PyTorch padded its batches;
/// here they are packed. Recorded in double precision: the difference is this side's float32 rounding.
/// </summary>
public sealed class GoldenModelTests
{
    // Of the largest value of the tensor, for float32 through some thirty ops.
    private const double LogitTolerance = 1e-5, GradientTolerance = 2e-5;

    // The key biases' true gradient is zero (softmax ignores what all scores share): rounding there is held against the whole gradient.
    private const double GradientFloor = 1e-6;

    // Of the loss: one forward pass, and ten steps of AdamW.
    private const double LossTolerance = 2e-6, TrainingTolerance = 2e-5;

    // The same where operands of multiplies keep eleven or eight bits.
    private const double Tf32Tolerance = 4e-3, Bf16Tolerance = 3e-2;

    [Theory]
    [InlineData("cpu")]
    [InlineData("reference")]
    [InlineData("emulated")]
    public void Logits(string device)
    {
        using var golden = new Bert(device);
        using SafetensorsFile expected = SafetensorsFile.Open(Path.Combine(GoldenBert.Folder, "logits.safetensors"));
        GoldenBatch batch = GoldenBert.Batches()[0];
        using Tape.Scope step = golden.Tape.Begin(TapeMode.Evaluation);
        PackedInputs inputs = batch.Upload(golden.Tape);
        Variable hidden = golden.Model.Encoder.Forward(golden.Tape, inputs);
        Variable words = golden.Heads.MaskedWordLogits(golden.Tape, hidden, golden.Tape.Upload(batch.MaskedRows));
        Variable next = Linear.Apply(golden.Tape, golden.Model.Encoder.Pool(golden.Tape, Encoder.FirstTokens(golden.Tape, hidden, inputs)),
            golden.Model.Parameters["nsp.weight"], golden.Model.Parameters["nsp.bias"]);
        AssertClose(GoldenBert.Read(expected, "masked_words"), words.Value.ToArray<float>(), LogitTolerance, "masked words' logits");
        AssertClose(GoldenBert.Read(expected, "next_sentence"), next.Value.ToArray<float>(), LogitTolerance, "next sentence's logits");
    }

    [Theory]
    [InlineData("cpu", true)]
    [InlineData("cpu", false)]
    [InlineData("reference", true)]
    [InlineData("reference", false)]
    [InlineData("emulated", true)]
    [InlineData("emulated", false)]
    public void Losses_and_every_gradient(string device, bool ofReadTokens)
    {
        using var golden = new Bert(device);
        (double mlm, double nsp) = golden.ForwardBackward(GoldenBert.Batches()[0], ofReadTokens);
        AssertRelative(GoldenBert.Expected.GetProperty("mlm_loss").GetDouble(), mlm, LossTolerance, "masked words' loss");
        AssertRelative(GoldenBert.Expected.GetProperty("nsp_loss").GetDouble(), nsp, LossTolerance, "next sentence's loss");

        using SafetensorsFile expected = SafetensorsFile.Open(Path.Combine(GoldenBert.Folder, "gradients.safetensors"));
        double largest = expected.Tensors.Keys.Max(name => GoldenBert.Read(expected, name).Max(Math.Abs));
        var left = expected.Tensors.Keys.ToHashSet();
        foreach (ParameterSpec parameter in golden.Model.Layout.Parameters)
        {
            float[] gradient = golden.Model.Parameters[parameter.Name].Grad.ToArray<float>();
            foreach (TensorPiece piece in parameter.Pieces)
            {
                float[] truth = GoldenBert.Read(expected, piece.HfName);
                AssertClose(truth, gradient[piece.Offset..(piece.Offset + piece.Count)], GradientTolerance, piece.HfName, largest * GradientFloor);
                Assert.True(left.Remove(piece.HfName), piece.HfName);
            }
        }
        Assert.Empty(left);
    }

    [Theory]
    [InlineData("cpu", Precision.Fp32, TrainingTolerance)]
    [InlineData("reference", Precision.Fp32, TrainingTolerance)]
    [InlineData("emulated", Precision.Fp32, TrainingTolerance)]
    [InlineData("emulated", Precision.Tf32, Tf32Tolerance)]
    [InlineData("emulated", Precision.Bf16, Bf16Tolerance)]
    public void Ten_steps_of_training(string device, Precision precision, double tolerance)
    {
        using var golden = new Bert(device, precision);
        JsonElement training = GoldenBert.Expected.GetProperty("training");
        JsonElement[] history = [.. training.GetProperty("history").EnumerateArray()];
        double Option(string name) => training.GetProperty(name).GetDouble();
        using var optimizer = new Optimizer(
            golden.Kernels, golden.Model.Parameters, new OptimizerOptions(Option("decay"), Option("clip")), BertModel.RateOf);
        var schedule = new LearningRateSchedule(ScheduleKind.Linear, Option("peak"), Option("warmup"));
        GoldenBatch[] batches = GoldenBert.Batches();
        Assert.Equal(10, history.Length);
        for (int step = 0; step < history.Length; step++)
        {
            (double mlm, double nsp) = golden.ForwardBackward(batches[step % batches.Length]);
            optimizer.MeasureGradient();
            double rate = schedule.At(step, Option("steps"));
            double Truth(string name) => history[step].GetProperty(name).GetDouble();
            AssertRelative(Truth("mlm_loss"), mlm, tolerance, $"masked words' loss of step {step + 1}");
            AssertRelative(Truth("nsp_loss"), nsp, tolerance, $"next sentence's loss of step {step + 1}");
            AssertRelative(Truth("grad_norm"), optimizer.GradientNorm(), tolerance, $"gradient's norm of step {step + 1}");
            AssertRelative(Truth("lr"), rate, 1e-12, $"learning rate of step {step + 1}");
            optimizer.Step(rate);
        }
    }

    private static void AssertRelative(double expected, double actual, double tolerance, string what)
    {
        double error = Math.Abs(actual - expected) / Math.Abs(expected);
        Assert.True(error <= tolerance, $"{what}: {actual}, not {expected}: relative error {error:E2}");
    }

    // NaN in either fails: it makes the worst error NaN.
    private static void AssertClose(float[] expected, float[] actual, double tolerance, string what, double floor = 0)
    {
        Assert.Equal(expected.Length, actual.Length);
        double scale = Math.Max(expected.Max(Math.Abs), floor / tolerance);
        double worst = expected.Zip(actual, (e, a) => Math.Abs((double)a - e)).Aggregate(0.0, Math.Max);
        Assert.True(worst <= tolerance * scale, $"{what}: off by {worst:E2}, where the largest value is {scale:E2}");
    }

    private sealed class Bert : IDisposable
    {
        private readonly Arena _arena;
        private readonly Tensor _mlm, _nsp;

        public Bert(string device, Precision precision = Precision.Fp32)
        {
            Kernels = BareBert.Kernels.Devices.Open(device, 2, precision);
            (Model, LoadReport report) = BertModel.LoadForTraining(Kernels, ModelFolder.Open(GoldenBert.Folder), BertTasks.Pretraining, BertModel.TrainAll);
            Assert.Empty(report.New);
            Assert.Empty(report.Unused);
            Heads = new PretrainingHeads(Model);
            Tape = new Tape(Kernels);
            _arena = new Arena(Kernels.Memory);
            (_mlm, _nsp) = (_arena.Zeros(new Shape(1)), _arena.Zeros(new Shape(1)));
        }

        public IKernels Kernels { get; }

        public BertModel Model { get; }

        public PretrainingHeads Heads { get; }

        public Tape Tape { get; }

        // With the last layer's output of those tokens only that a head reads, as in training, or of all.
        public (double Mlm, double Nsp) ForwardBackward(GoldenBatch batch, bool ofReadTokens = true)
        {
            _mlm.Zero();
            _nsp.Zero();
            using (Tape.Begin(TapeMode.Training(seed: 1, step: 0)))
            {
                PackedInputs inputs = batch.Upload(Tape);
                (int[] tokens, int[] firsts, int[] masked) = ofReadTokens ? batch.Read() : ([], batch.Offsets[..^1], batch.MaskedRows);
                Variable hidden = ofReadTokens ? Model.Encoder.Forward(Tape, inputs, WantedTokens.Upload(Tape, inputs, tokens)) : Model.Encoder.Forward(Tape, inputs);
                Heads.MaskedWordLosses(Tape, hidden, Tape.Upload(masked), Tape.Upload(batch.Labels), 1.0 / batch.Labels.Length, _mlm);
                Heads.NextSentenceLosses(Tape, hidden, Tape.Upload(firsts), Tape.Upload(batch.NextLabels), 1.0 / batch.NextLabels.Length, _nsp);
                Tape.Backward();
            }
            return (_mlm.ToArray<float>()[0], _nsp.ToArray<float>()[0]);
        }

        public void Dispose()
        {
            _arena.Dispose();
            Tape.Dispose();
            Model.Dispose();
            Kernels.Dispose();
        }
    }
}
