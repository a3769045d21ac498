using BareBert.Bert.Exchange.Onnx;
using BenchmarkDotNet.Attributes;

namespace BareBert.Bench;

public partial class EncoderSuite
{
    private OnnxEncoder? _onnx;

    [GlobalSetup(Target = nameof(OnnxRuntimeOneThread))]
    public void SetUpOnnxRuntimeOneThread() => SetUpOnnxRuntime(1, OnnxPrecision.Float32);

    [GlobalSetup(Target = nameof(OnnxRuntimeAllThreads))]
    public void SetUpOnnxRuntimeAllThreads() => SetUpOnnxRuntime(Environment.ProcessorCount, OnnxPrecision.Float32);

    [GlobalSetup(Target = nameof(OnnxRuntimeInt8OneThread))]
    public void SetUpOnnxRuntimeInt8OneThread() => SetUpOnnxRuntime(1, OnnxPrecision.Int8);

    [GlobalSetup(Target = nameof(OnnxRuntimeInt8AllThreads))]
    public void SetUpOnnxRuntimeInt8AllThreads() => SetUpOnnxRuntime(Environment.ProcessorCount, OnnxPrecision.Int8);

    [Benchmark(Description = "ONNX Runtime, 1 thread"), Library(LibraryAttribute.OnnxRuntime, OneThread = true)]
    public void OnnxRuntimeOneThread() => _onnx!.Run();

    [Benchmark(Description = "ONNX Runtime, all threads"), Library(LibraryAttribute.OnnxRuntime)]
    public void OnnxRuntimeAllThreads() => _onnx!.Run();

    [Benchmark(Description = "ONNX Runtime int8, 1 thread"), Library(LibraryAttribute.OnnxRuntime, OneThread = true, Variant = Int8)]
    public void OnnxRuntimeInt8OneThread() => _onnx!.Run();

    [Benchmark(Description = "ONNX Runtime int8, all threads"), Library(LibraryAttribute.OnnxRuntime, Variant = Int8)]
    public void OnnxRuntimeInt8AllThreads() => _onnx!.Run();

    partial void CleanUpPeers()
    {
        _onnx?.Dispose();
        _onnx = null;
    }

    private void SetUpOnnxRuntime(int threads, OnnxPrecision precision)
    {
        using var ours = new EncoderBenchmark(Size, threads);
        _onnx = new OnnxEncoder(ours, Size, threads, precision);
        _onnx.Check(ours.Hidden());
    }
}
