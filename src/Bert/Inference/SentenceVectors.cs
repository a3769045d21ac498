using System.Numerics;
using BareBert.Autograd;

namespace BareBert.Bert.Inference;

/// <summary>Runs an encoder over sequences and makes one vector of each: pooled, and of length 1 where that is asked for.</summary>
internal sealed class SentenceVectors(BertModel model, SentenceModules modules)
{
    /// <summary>The processes that share the batches out.</summary>
    public IProcessGroup Group { get; set; } = OneProcess.Instance;

    // As PyTorch's normalize has it: a vector of zeros stays one.
    private const double LeastLength = 1e-12;

    /// <summary>The vectors, [sequences][C].</summary>
    /// <param name="tape">Its device runs the encoder.</param>
    /// <param name="sequences">What is read.</param>
    /// <param name="skipped">Tokens at the beginning of each that a mean leaves out: [sequences].</param>
    /// <param name="cancel">Stops between two batches.</param>
    /// <param name="watch">Is told how many are done; null: nobody is.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public float[][] Of(Tape tape, IReadOnlyList<TokenSequence> sequences, IReadOnlyList<int> skipped, CancellationToken cancel, Action<EvaluationProgress>? watch = null)
    {
        var vectors = new float[sequences.Count][];
        int width = model.Config.HiddenSize;
        EvaluationBatches.Run(tape, sequences, cancel, (inputs, rows) =>
        {
            bool readsFirst = modules.Pooling == Pooling.Cls;
            Variable said = readsFirst ? model.Encoder.Forward(tape, inputs, WantedTokens.FirstTokens(tape, inputs)) : model.Encoder.Forward(tape, inputs);
            ReadOnlySpan<float> hidden = FiniteValues.Look(said.Value, "the hidden states");
            var pooled = new float[rows.Length * width];
            int first = 0;
            for (int i = 0; i < rows.Length; i++)
            {
                int end = first + (readsFirst ? 1 : sequences[rows[i]].Length);
                Finish(Pool(hidden, first, end, readsFirst ? 0 : skipped[rows[i]])).CopyTo(pooled, i * width);
                first = end;
            }
            return pooled;
        }, (rows, pooled) =>
        {
            for (int i = 0; i < rows.Length; i++)
                vectors[rows[i]] = pooled.AsSpan(i * width, width).ToArray();
        }, watch: watch, what: "texts", group: Group);
        return vectors;
    }

    private double[] Pool(ReadOnlySpan<float> hidden, int first, int end, int skipped)
    {
        first = Math.Min(first + skipped, end - 1);
        int width = model.Config.HiddenSize;
        var sums = new double[width];
        for (int token = first; token < end; token++)
            Add(sums, hidden.Slice(token * width, width));
        for (int i = 0; i < width; i++)
            sums[i] /= end - first;
        return sums;
    }

    private static void Add(Span<double> sums, ReadOnlySpan<float> row)
    {
        int i = 0;
        for (; i + Vector<float>.Count <= row.Length; i += Vector<float>.Count)
        {
            Vector.Widen(new Vector<float>(row[i..]), out Vector<double> low, out Vector<double> high);
            Span<double> first = sums[i..], second = first[Vector<double>.Count..];
            (new Vector<double>(first) + low).CopyTo(first);
            (new Vector<double>(second) + high).CopyTo(second);
        }
        for (; i < row.Length; i++)
            sums[i] += row[i];
    }

    private float[] Finish(double[] vector)
    {
        double length = modules.Normalizes ? Math.Max(LeastLength, Math.Sqrt(vector.Sum(x => x * x))) : 1;
        return [.. vector.Select(x => (float)(x / length))];
    }
}
