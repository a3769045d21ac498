using BareBert.Bert.Exchange.Onnx.Export;
using BareBert.Bert.Exchange.Onnx.Messages;
using Google.Protobuf;

namespace BareBert.Bert.Exchange.Onnx;

/// <summary>
/// Writes a model as an ONNX graph (opset 17): inputs <c>input_ids</c>, <c>attention_mask</c> and, but for DistilBERT,
/// <c>token_type_ids</c>, int64 [batch, sequence] of any size; outputs named as Hugging Face's exporter names them.
/// </summary>
public static class OnnxExporter
{
    // The versions of operators, and of the file format that came with them.
    private const int Opset = 17, FileFormat = 8;

    /// <summary>Writes a file.</summary>
    /// <param name="path">Replaced as a whole.</param>
    /// <param name="model">On the host. Low-rank adapters are added to the weights, bottleneck adapters are written as the layers they are.</param>
    /// <param name="task">The head: the model's own, or the encoder alone.</param>
    /// <param name="precision">How the graph computes.</param>
    /// <param name="hasPooler">Whether an encoder alone gets an output from the pooler: not where that was never trained.</param>
    /// <exception cref="InputException">The model is over the 2 GiB that such a file can hold.</exception>
    /// <exception cref="RunException">The file cannot be written.</exception>
    public static void Write(string path, BertModel model, TaskDefinition task, OnnxPrecision precision = OnnxPrecision.Float32, bool hasPooler = true)
    {
        long bytes = model.Total * (precision == OnnxPrecision.Float16 ? 2 : 4);
        if (bytes > int.MaxValue - (16 << 20))
            throw new InputException($"the model's {bytes:N0} bytes are over the 2 GiB that an ONNX file can hold: {path}; give `OnnxPrecision.Float16`");
        ModelProto message = Build(model, task, precision, hasPooler);
        AtomicFile.Write(path, message.WriteTo);
    }

    internal static ModelProto Build(BertModel model, TaskDefinition task, OnnxPrecision precision, bool hasPooler)
    {
        var graph = new ModelGraph(model, precision);
        string hidden = new EncoderGraph(graph).Add();
        new HeadGraph(graph, hidden, hasPooler && graph.Has("pooler.weight")).Add(task);
        var message = new ModelProto
        {
            IrVersion = FileFormat,
            ProducerName = "BareBert",
            ProducerVersion = typeof(OnnxExporter).Assembly.GetName().Version!.ToString(3),
            Graph = graph.Nodes.Graph,
        };
        message.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = Opset });
        foreach ((string key, string value) in OnnxMetadata.Of(model.Config, task))
            message.MetadataProps.Add(new StringStringEntryProto { Key = key, Value = value });
        return message;
    }
}
