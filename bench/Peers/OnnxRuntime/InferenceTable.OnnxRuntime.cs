using BareBert.Bert.Exchange.Onnx;
using BareBert.Kernels;
using Microsoft.ML.OnnxRuntime;

namespace BareBert.Bench;

internal static partial class InferenceTable
{
    static partial void AddPeers(List<IInferenceRunner> runners, string model)
    {
        runners.Add(new OnnxRunner(model, OnnxPrecision.Float32, sorts: false));
        runners.Add(new OnnxRunner(model, OnnxPrecision.Float32, sorts: true));
        runners.Add(new OnnxRunner(model, OnnxPrecision.Int8, sorts: true));
    }
}

/// <summary>ONNX Runtime, from tokens, in padded batches of 32: as they come, or sorted by length.</summary>
internal sealed class OnnxRunner : IInferenceRunner
{
    private const int Batch = 32;

    private readonly InferenceSession _session;
    private readonly RunOptions _options = new();
    private readonly bool _sorts;

    public OnnxRunner(string model, OnnxPrecision precision, bool sorts)
    {
        _sorts = sorts;
        Name = $"ONNX Runtime{(precision == OnnxPrecision.Int8 ? ", int8" : "")}{(sorts ? ", sorted" : "")}";
        using var kernels = new CpuKernels();
        using BertModel loaded = BertModel.LoadForInference(kernels, ModelFolder.Open(model), BertTasks.Encoder);
        _session = OnnxSessions.Open(loaded, precision);
    }

    public string Name { get; }

    public float[][] Run(InferenceTexts texts)
    {
        var vectors = new float[texts.Sequences.Length][];
        foreach (int[] rows in Enumerable.Range(0, vectors.Length).OrderBy(i => _sorts ? texts.Sequences[i].Length : i).Chunk(Batch))
            Run(texts.Sequences, rows, vectors);
        return vectors;
    }

    public void Dispose()
    {
        _options.Dispose();
        _session.Dispose();
    }

    private void Run(TokenSequence[] sequences, int[] rows, float[][] vectors)
    {
        int width = rows.Max(row => sequences[row].Length);
        long[] ids = new long[rows.Length * width], mask = new long[ids.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            ReadOnlySpan<int> tokens = sequences[rows[i]].Ids;
            for (int t = 0; t < tokens.Length; t++)
                (ids[i * width + t], mask[i * width + t]) = (tokens[t], 1);
        }
        Dictionary<string, OrtValue> inputs = OnnxSessions.Inputs(ids, mask, [rows.Length, width]);
        using IDisposableReadOnlyCollection<OrtValue> outputs = _session.Run(_options, inputs, _session.OutputNames);
        foreach (OrtValue input in inputs.Values)
            input.Dispose();
        ReadOnlySpan<float> hidden = outputs[0].GetTensorDataAsSpan<float>();
        int columns = hidden.Length / ids.Length;
        for (int i = 0; i < rows.Length; i++)
            vectors[rows[i]] = Mean(hidden.Slice(i * width * columns, sequences[rows[i]].Length * columns), columns);
    }

    private static float[] Mean(ReadOnlySpan<float> hidden, int columns)
    {
        var mean = new float[columns];
        for (int t = 0; t < hidden.Length; t += columns)
            System.Numerics.Tensors.TensorPrimitives.Add(mean, hidden.Slice(t, columns), mean);
        System.Numerics.Tensors.TensorPrimitives.Divide(mean, hidden.Length / columns, mean);
        return mean;
    }
}
