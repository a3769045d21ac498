using BareBert.Autograd;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>What one step of training computes, and what it leaves alone.</summary>
public sealed class TrainingStepTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void A_batch_of_32_and_4_batches_of_8_are_the_same_step()
    {
        using Step whole = new(batchSize: 32, accumulate: 1), parts = new(batchSize: 8, accumulate: 4);
        for (int step = 0; step < 2; step++)
        {
            (float[] Gradient, double[] Losses) one = whole.ForwardBackward(step), four = parts.ForwardBackward(step);
            double largest = one.Gradient.Max(Math.Abs);
            AssertClose(one.Gradient, four.Gradient, 2e-6 * largest, "gradient");
            Assert.All(one.Losses.Zip(four.Losses), pair =>
                Assert.True(Math.Abs(pair.First - pair.Second) <= 1e-6 * pair.First, $"{pair.First} and {pair.Second}"));
            whole.Update();
            parts.Update();
            AssertClose(whole.Weights(), parts.Weights(), 0.02 * Step.LearningRate, "weights");
        }
    }

    [Fact]
    public void Dropout_is_on_in_that_comparison()
    {
        using var run = new Step(batchSize: 32, accumulate: 1);
        float[] one = run.ForwardBackward(0, seed: 1).Gradient, other = run.ForwardBackward(0, seed: 2).Gradient;
        Assert.True(one.Zip(other, (a, b) => Math.Abs(a - b)).Max() > 1e-2 * one.Max(Math.Abs));
    }

    [Fact]
    public void No_op_of_a_step_writes_where_it_should_not()
    {
        using var run = new Step(batchSize: 8, accumulate: 1);
        float[] gradient = run.ForwardBackward(0).Gradient;
        Assert.Equal(gradient, run.ForwardBackward(0, mode: m => m with { CheckOverwriting = true, CheckFinite = true }).Gradient);
    }

    [Fact]
    public void Evaluation_changes_nothing_and_repeats_itself()
    {
        using var run = new Step(batchSize: 8, accumulate: 1);
        run.ForwardBackward(0);
        run.Update();
        run.ForwardBackward(1);
        float[][] before = run.Everything();
        Metric[] first = run.Evaluate(), second = run.Evaluate();
        Assert.Equal(before, run.Everything());
        Assert.Equal(first, second);
        Assert.All(first, metric => Assert.True(double.IsFinite(metric.Value), metric.Name));
    }

    [Fact]
    public void Evaluation_does_not_depend_on_the_batch_size()
    {
        using Step large = new(batchSize: 32, accumulate: 1), small = new(batchSize: 3, accumulate: 1);
        Assert.All(large.Evaluate().Zip(small.Evaluate()), pair =>
        {
            Assert.Equal(pair.First.Name, pair.Second.Name);
            double error = Math.Abs(pair.First.Value - pair.Second.Value) / pair.First.Value;
            Assert.True(error <= 1e-6, $"{pair.First} and {pair.Second}");
        });
    }

    [Fact]
    public void Memory_does_not_grow_after_the_second_step()
    {
        var kernels = new List<long>();
        var managed = new List<long>();
        using (var step = new Step(batchSize: 32, accumulate: 2))
        {
            for (int i = 0; i < 16; i++)
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                step.TrainStep();
                managed.Add(GC.GetAllocatedBytesForCurrentThread() - before);
                kernels.Add(step.Allocated);
            }
        }
        Assert.True(kernels[1] > 2 << 20, "the step is too small to show anything");
        Assert.All(kernels.Skip(2), bytes => Assert.Equal(kernels[1], bytes));

        // On the managed heap, once lists and dictionaries have grown, a step makes a few small objects, whatever its batch. The runtime
        // hands memory to a thread in pieces of 8 KB and counts a whole piece when a collection takes the rest away, which other tests cause:
        // what a step itself allocates would show in every one of them.
        Assert.All(managed.Skip(4).Order().Take(6), bytes => Assert.True(bytes <= 1024, $"{bytes} bytes in a step: {string.Join(' ', managed)}"));
    }

    private static void AssertClose(float[] expected, float[] actual, double tolerance, string what)
    {
        double worst = expected.Zip(actual, (e, a) => Math.Abs((double)a - e)).Aggregate(0.0, Math.Max);
        Assert.True(worst <= tolerance, $"{what}: off by {worst:E2}, tolerance {tolerance:E2}");
    }

    // The trainer's step, with what lies between its parts open to be looked at.
    private sealed class Step : IDisposable
    {
        public const double LearningRate = 1e-3;

        private readonly CpuKernels _kernels = new(2);
        private readonly BertModel _model;
        private readonly PretrainingTask _task;
        private readonly Tape _tape;
        private readonly Optimizer _optimizer;
        private uint _step;

        public Step(int batchSize, int accumulate)
        {
            _model = BertModel.Create(_kernels, ParameterLayout.For(TinyRun.Config, BertTasks.Pretraining), MemoryCorpus.Letters, seed: 7);
            _task = new PretrainingTask(_kernels, _model, TinyRun.Corpus, batchSize, accumulate);
            _tape = new Tape(_kernels);
            _optimizer = new Optimizer(_kernels, _model.Parameters, new OptimizerOptions(), BertModel.RateOf);
            _task.Seek(0, 0);
        }

        public long Allocated => _kernels.Memory.Allocated;

        public (float[] Gradient, double[] Losses) ForwardBackward(int step, ulong seed = 7, Func<TapeMode, TapeMode>? mode = null)
        {
            _task.Seek(0, step);
            _task.NextWindow(CancellationToken.None);
            _model.Parameters.Grads.Zero();
            TapeMode training = TapeMode.Training(seed, (uint)step);
            _task.ForwardBackward(_tape, mode is null ? training : mode(training));
            return (_model.Parameters.Grads.ToArray<float>(), [.. _task.ReadLosses().Select(loss => loss.Value)]);
        }

        public void TrainStep()
        {
            _task.NextWindow(CancellationToken.None);
            _task.ForwardBackward(_tape, TapeMode.Training(7, _step++));
            _task.Losses.ToArray<float>();
            Update();
        }

        public void Update()
        {
            _optimizer.MeasureGradient();
            _optimizer.GradientNorm();
            _optimizer.Step(LearningRate);
        }

        public float[] Weights() => _model.Parameters.Values.ToArray<float>();

        public float[][] Everything() => [.. new[]
        {
            _model.Parameters.Values, _model.Parameters.Grads, _model.Parameters.Moments1, _model.Parameters.Moments2,
        }.Select(tensor => tensor.ToArray<float>())];

        public Metric[] Evaluate() => [.. _task.Evaluate(_tape, CancellationToken.None).SelectMany(e => e.Metrics)];

        public void Dispose()
        {
            _optimizer.Dispose();
            _tape.Dispose();
            _task.Dispose();
            _model.Dispose();
            _kernels.Dispose();
        }
    }
}
