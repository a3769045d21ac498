using System.Text.Json;
using System.Text.Json.Nodes;
using BareBert.Autograd;
using BareBert.Bert.Training.TensorBoard.Messages;
using Google.Protobuf;

namespace BareBert.Bert.Training.TensorBoard;

/// <summary>A run as TensorBoard shows it: scalars, histograms of weights and gradients, options as text and as hyper-parameters.</summary>
internal sealed class TensorBoardLog : IDisposable
{
    private const int StringType = 7; // DT_STRING

    private readonly EventFile _file;

    /// <summary>Begins a file in a run's folder "tensorboard"; a run that goes on begins another beside it.</summary>
    /// <exception cref="RunException">It cannot be written.</exception>
    public TensorBoardLog(RunDirectory run) => _file = new EventFile(run.TensorBoard);

    /// <summary>Writes the run's options down.</summary>
    public void Options(JsonObject options)
    {
        string table = string.Join("\n", options.Select(pair => $"| {pair.Key} | {pair.Value?.ToJsonString()} |").Prepend("|---|---|").Prepend("| option | value |"));
        Write(0, new Summary.Types.Value
        {
            Tag = "options/text_summary",
            Metadata = Plugin("text", ByteString.Empty),
            Tensor = new TensorProto { Dtype = StringType, TensorShape = new TensorShapeProto { Dim = { new TensorShapeProto.Types.Dim { Size = 1 } } }, StringVal = { ByteString.CopyFromUtf8(table) } },
        });
        var start = new SessionStartInfo { StartTimeSecs = EventFile.Now };
        foreach ((string name, JsonNode? value) in options)
            start.Hparams.Add(name, ValueOf(value));
        Write(0, new Summary.Types.Value
        {
            Tag = "_hparams_/session_start_info",
            Metadata = Plugin("hparams", new HParamsPluginData { SessionStartInfo = start }.ToByteString()),
        });
    }

    /// <summary>Scalars; those that are not finite are left out.</summary>
    /// <param name="group">Before their names: "train", or the split.</param>
    /// <param name="step">Steps taken.</param>
    /// <param name="metrics">By name.</param>
    public void Scalars(string group, int step, IEnumerable<Metric> metrics) => Write(step, [.. metrics.Where(m => double.IsFinite(m.Value))
        .Select(m => new Summary.Types.Value { Tag = $"{group}/{m.Name}", SimpleValue = (float)m.Value })]);

    /// <summary>Histograms of every trained parameter's values and gradients.</summary>
    /// <param name="step">The step whose gradients they are, from 1.</param>
    /// <param name="parameters">On their device, which is waited for.</param>
    public void Histograms(int step, ParameterSet parameters)
    {
        foreach (Parameter parameter in parameters.All.Where(p => p.RequiresGrad))
        {
            Write(step, new Summary.Types.Value { Tag = $"weights/{parameter.Name}", Histo = Histogram.Of(Floats(parameter.Value)) },
                new Summary.Types.Value { Tag = $"gradients/{parameter.Name}", Histo = Histogram.Of(Floats(parameter.Grad)) });
        }
    }

    public void Dispose() => _file.Dispose();

    private void Write(int step, params Summary.Types.Value[] values)
    {
        if (values.Length > 0)
            _file.Write(new Event { WallTime = EventFile.Now, Step = step, Summary = new Summary { Value = { values } } });
    }

    private static float[] Floats(Tensor tensor) => tensor.DType == DType.Float64 ? Array.ConvertAll(tensor.ToArray<double>(), x => (float)x) : tensor.ToArray<float>();

    private static SummaryMetadata Plugin(string name, ByteString content) => new() { PluginData = new SummaryMetadata.Types.PluginData { PluginName = name, Content = content } };

    private static Value ValueOf(JsonNode? value) => value switch
    {
        JsonValue one when one.GetValueKind() is JsonValueKind.True or JsonValueKind.False => new Value { BoolValue = one.GetValue<bool>() },
        JsonValue one when one.GetValueKind() == JsonValueKind.Number => new Value { NumberValue = double.Parse(one.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture) },
        JsonValue one when one.TryGetValue(out string? text) => new Value { StringValue = text },
        _ => new Value { StringValue = value?.ToJsonString() ?? "" },
    };
}
