using BareBert.Tests.Onnx;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace BareBert.OnnxPeer;

/// <summary>A graph in ONNX Runtime.</summary>
internal sealed class Session(string path) : IDisposable
{
    private readonly InferenceSession _session = new(path);

    public IEnumerable<string> Outputs => _session.OutputNames;

    /// <summary>All outputs for a padded batch.</summary>
    public Dictionary<string, float[]> Run(PaddedBatch batch)
    {
        int[] shape = [batch.Rows, batch.Columns];
        var values = new Dictionary<string, long[]> { ["input_ids"] = batch.Ids, ["attention_mask"] = batch.Mask, ["token_type_ids"] = batch.Types };
        NamedOnnxValue[] inputs = [.. _session.InputNames.Select(name => NamedOnnxValue.CreateFromTensor(name, new DenseTensor<long>(values[name], shape)))];
        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> outputs = _session.Run(inputs);
        return outputs.ToDictionary(o => o.Name, o => o.AsTensor<float>().ToArray());
    }

    public void Dispose() => _session.Dispose();
}
