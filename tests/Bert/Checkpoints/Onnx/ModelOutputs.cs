using BareBert.Autograd;
using BareBert.Autograd.Ops;
using BareBert.Kernels;

namespace BareBert.Tests.Onnx;

/// <summary>What a model computes with the head it was laid out with.</summary>
public static class ModelOutputs
{
    /// <summary>For each output that its graph would have, each sequence's numbers, without padding.</summary>
    /// <param name="kernels">The model's device.</param>
    /// <param name="model">The model.</param>
    /// <param name="sequences">Ids.</param>
    /// <param name="firstSegment">How many tokens of a sequence of a length are of type 0.</param>
    public static Dictionary<string, float[][]> Of(IKernels kernels, BertModel model, int[][] sequences, Func<int, int> firstSegment)
    {
        var batch = new PackedBatch();
        foreach (int[] sequence in sequences)
            batch.Add(sequence, firstSegment(sequence.Length));
        using var tape = new Tape(kernels);
        using (tape.Begin(TapeMode.Evaluation))
        {
            PackedInputs inputs = batch.Upload(tape);
            Variable hidden = model.Encoder.Forward(tape, inputs);
            float[][] PerToken(Variable x, int column = 0, int columns = 0) => [.. Enumerable.Range(0, batch.Sequences).Select(i =>
                x.Value.ToArray<float>().Chunk(x.Value.Cols).Take(batch.Offsets[i]..batch.Offsets[i + 1]).SelectMany(row => columns == 0 ? row : row[column..(column + columns)]).ToArray())];
            float[][] PerSequence(Variable x) => [.. x.Value.ToArray<float>().Chunk(x.Value.Cols)];
            Variable Pooled() => model.Encoder.Pool(tape, Encoder.FirstTokens(tape, hidden, inputs));
            Variable Words() => new PretrainingHeads(model).MaskedWordLogits(tape, hidden, tape.Upload([.. Enumerable.Range(0, batch.Tokens)]));
            TaskDefinition task = model.Layout.Task;
            if (task == BertTasks.Pretraining)
            {
                Variable next = Linear.Apply(tape, Pooled(), model.Parameters["nsp.weight"], model.Parameters["nsp.bias"]);
                return new() { ["prediction_logits"] = PerToken(Words()), ["seq_relationship_logits"] = PerSequence(next) };
            }
            if (task == BertTasks.MaskedLm)
                return new() { ["logits"] = PerToken(Words()) };
            if (task == BertTasks.Classification)
                return new() { ["logits"] = PerSequence(new ClassificationHead(model).Logits(tape, hidden, inputs)) };
            if (task == BertTasks.TokenClassification)
                return new() { ["logits"] = PerToken(new TokenClassificationHead(model).Logits(tape, hidden, inputs)) };
            if (task == BertTasks.QuestionAnswering)
            {
                Variable ends = new QuestionAnsweringHead(model).Logits(tape, hidden, inputs);
                return new() { ["start_logits"] = PerToken(ends, 0, 1), ["end_logits"] = PerToken(ends, 1, 1) };
            }
            if (task == BertTasks.SentenceEmbedding)
            {
                Variable vectors = HeadReading.Of(model.Sentence!.Pooling).Take(tape, hidden, inputs);
                float[][] directions = [.. PerSequence(vectors).Select(v => v.Select(x => (float)(x / Math.Sqrt(v.Sum(y => (double)y * y)))).ToArray())];
                return new() { ["last_hidden_state"] = PerToken(hidden), ["sentence_embedding"] = directions };
            }
            var outputs = new Dictionary<string, float[][]> { ["last_hidden_state"] = PerToken(hidden) };
            if (model.Layout.Contains("pooler.weight"))
                outputs.Add("pooler_output", PerSequence(Pooled()));
            return outputs;
        }
    }
}
