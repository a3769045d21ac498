using BareBert.Bert.Exchange.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace BareBert.Bench;

/// <summary>The encoder of <see cref="EncoderBenchmark"/> in ONNX Runtime, from the graph that it is exported as, on the same words.</summary>
internal sealed class OnnxEncoder : IDisposable
{
    private const double Tolerance = 1e-3;

    private readonly string _name;
    private readonly InferenceSession _session;
    private readonly RunOptions _options = new();
    private readonly Dictionary<string, OrtValue> _inputs;
    private readonly OnnxPrecision _precision;

    public OnnxEncoder(EncoderBenchmark ours, EncoderSize size, int threads, OnnxPrecision precision)
    {
        (_name, _precision) = ($"{size} {precision}, ONNX Runtime", precision);
        _session = OnnxSessions.Open(ours.Model, precision, threads);
        long[] ids = Array.ConvertAll(ours.Ids, id => (long)id);
        _inputs = OnnxSessions.Inputs(ids, [.. Enumerable.Repeat(1L, ids.Length)], [size.Batch, size.Sequence]);
    }

    /// <summary>One pass.</summary>
    public void Run() => _session.Run(_options, _inputs, _session.OutputNames).Dispose();

    /// <summary>Throws unless a pass gives what ours does; in bytes, about that.</summary>
    public void Check(float[] ours)
    {
        using IDisposableReadOnlyCollection<OrtValue> outputs = _session.Run(_options, _inputs, _session.OutputNames);
        ReadOnlySpan<float> theirs = outputs[0].GetTensorDataAsSpan<float>();
        if (_precision == OnnxPrecision.Int8)
            Int8Error.Check(_name, theirs, ours);
        else
            Peer.Check(_name, theirs, ours, Tolerance);
    }

    public void Dispose()
    {
        foreach (OrtValue input in _inputs.Values)
            input.Dispose();
        _options.Dispose();
        _session.Dispose();
    }
}
