using BareBert.Autograd;

namespace BareBert.Bert.Explanations;

/// <summary>Shares an answer's logit out among the tokens, by its gradients with respect to their embeddings.</summary>
/// <param name="tape">Computes.</param>
/// <param name="model">Frozen: no gradient but that of the embeddings is kept.</param>
/// <param name="probe">The head.</param>
/// <param name="sequence">What the model reads.</param>
/// <param name="indices">The logits, of one sequence, whose sum is explained.</param>
internal sealed class Attributor(Tape tape, BertModel model, HeadProbe probe, TokenSequence sequence, int[] indices)
{
    // Copies of a text that go through the model together.
    private const int TokensAtOnce = 2048;

    private int Tokens => sequence.Length;

    /// <summary>Gradient times input, and integrated gradients from a text of [PAD].</summary>
    /// <param name="answer">What is explained.</param>
    /// <param name="logits">Of the sequence.</param>
    /// <param name="points">On the way.</param>
    /// <param name="cancel">Stops between two batches of points.</param>
    public Attribution Attribute(string answer, float[] logits, int points, CancellationToken cancel)
    {
        (float[] input, float[] baseline) = (Embeddings(sequence.Ids), Embeddings(Baseline()));
        double[] product = new double[Tokens], integrated = new double[Tokens];
        (double[] baselineLogits, float[] atInput) = (Run([baseline]).Logits, Run([input]).Gradients);
        Add(product, atInput, input, 0, 1);
        float[] way = [.. input.Zip(baseline, (x, y) => x - y)];
        int together = Math.Max(1, TokensAtOnce / Tokens);
        for (int first = 0; first < points; first += together)
        {
            cancel.ThrowIfCancellationRequested();
            // The middle of each piece of the way: the error falls with the square of their number.
            float[][] copies = [.. Enumerable.Range(first, Math.Min(together, points - first)).Select(point => Between(baseline, way, (point + 0.5) / points))];
            float[] gradients = Run(copies).Gradients;
            for (int copy = 0; copy < copies.Length; copy++)
                Add(integrated, gradients, way, copy, 1.0 / points);
        }
        return new Attribution(answer, indices.Sum(i => (double)logits[i]), baselineLogits[0], product, integrated);
    }

    // [CLS], [SEP] and the like stay: they say where a text is, not what.
    private int[] Baseline()
    {
        SpecialTokens special = model.Tokenizer.Special;
        int[] ids = sequence.Ids.ToArray();
        for (int i = 0; i < ids.Length; i++)
            ids[i] = special.Contains(ids[i]) ? ids[i] : special.Pad >= 0 ? special.Pad : special.Unknown;
        return ids;
    }

    private float[] Embeddings(ReadOnlySpan<int> ids)
    {
        var batch = new PackedBatch();
        batch.Add(sequence);
        int[] all = ids.ToArray();
        using (tape.Begin(TapeMode.Evaluation))
        {
            PackedInputs inputs = batch.Upload(tape);
            return model.Encoder.SumOfEmbeddings(tape, inputs with { Ids = tape.Upload(all) }).Value.ToArray<float>();
        }
    }

    private static float[] Between(float[] start, float[] way, double share) => [.. start.Zip(way, (x, w) => (float)(x + share * w))];

    // The logit of each copy, and the gradients of their embeddings: [copies·n, E].
    private (double[] Logits, float[] Gradients) Run(float[][] copies)
    {
        var batch = new PackedBatch();
        foreach (float[] _ in copies)
            batch.Add(sequence);
        using (tape.Begin(TapeMode.Gradients))
        {
            PackedInputs inputs = batch.Upload(tape);
            var embeddings = new Variable(tape.Arena.Upload<float>(new Shape(("tokens", copies.Length * Tokens), ("E", copies[0].Length / Tokens)), [.. copies.SelectMany(c => c)]), requiresGrad: true);
            Variable logits = probe.Logits(tape, model.Encoder.Forward(tape, embeddings, inputs, null), inputs);
            float[] values = FiniteValues.Of(logits.Value, "the scores");
            int each = values.Length / copies.Length;
            var seeds = new float[values.Length];
            foreach (int copy in Enumerable.Range(0, copies.Length))
            {
                foreach (int index in indices)
                    seeds[copy * each + index] = 1;
            }
            // Backward begins where a gradient is: the sum of the chosen logits has ones there.
            tape.GradOf(logits).Upload<float>(seeds);
            tape.Backward();
            return ([.. Enumerable.Range(0, copies.Length).Select(copy => indices.Sum(i => (double)values[copy * each + i]))], FiniteValues.Of(tape.GradOf(embeddings), "the gradients"));
        }
    }

    // sums[i] += scale·Σ gradient·factor over token i's vector.
    private void Add(double[] sums, float[] gradients, float[] factors, int copy, double scale)
    {
        int width = factors.Length / Tokens;
        for (int i = 0; i < factors.Length; i++)
            sums[i / width] += scale * gradients[copy * factors.Length + i] * factors[i];
    }
}
