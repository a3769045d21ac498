using BareBert.Bert.Exchange.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace BareBert.Bench;

/// <summary>Encoders of ours in ONNX Runtime, from the graph that they are exported as.</summary>
internal static class OnnxSessions
{
    /// <summary>Opens one; the file is gone afterwards.</summary>
    /// <param name="model">The encoder.</param>
    /// <param name="precision">Of its linear layers.</param>
    /// <param name="threads">Of an operation; 0: the library's own choice.</param>
    public static InferenceSession Open(BertModel model, OnnxPrecision precision, int threads = 0)
    {
        string file = Path.GetTempFileName();
        try
        {
            OnnxExporter.Write(file, model, BertTasks.Encoder, precision, hasPooler: false);
            using var options = new SessionOptions { IntraOpNumThreads = threads, InterOpNumThreads = 1 };
            return new InferenceSession(file, options);
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>A graph's inputs: types are all the first.</summary>
    /// <param name="ids">[texts × tokens].</param>
    /// <param name="mask">As many; 1: a token.</param>
    /// <param name="shape">[texts, tokens].</param>
    public static Dictionary<string, OrtValue> Inputs(long[] ids, long[] mask, long[] shape) => new[] { ("input_ids", ids), ("attention_mask", mask), ("token_type_ids", new long[ids.Length]) }
        .ToDictionary(input => input.Item1, input => OrtValue.CreateTensorValueFromMemory(input.Item2, shape));
}
