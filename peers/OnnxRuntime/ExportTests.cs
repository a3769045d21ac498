using BareBert.Bert.Exchange.Onnx;
using BareBert.Kernels;
using BareBert.Tests;
using BareBert.Tests.Onnx;
using Xunit;

namespace BareBert.OnnxPeer;

/// <summary>ONNX Runtime computes from an exported graph what the model here computes, over padded batches.</summary>
public sealed class ExportTests : IDisposable
{
    private readonly CpuKernels _kernels = new(1);
    private readonly Scratch _scratch = new();

    public static IEnumerable<object[]> Cases => ExportCase.All.Select(c => new object[] { c.ToString() });

    public void Dispose()
    {
        _scratch.Dispose();
        _kernels.Dispose();
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Float32Agrees(string name) => Agrees(name, OnnxPrecision.Float32, 1e-4);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Float16Agrees(string name) => Agrees(name, OnnxPrecision.Float16, 0.1);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Int8Agrees(string name) => Agrees(name, OnnxPrecision.Int8, 1);

    private void Agrees(string name, OnnxPrecision precision, double tolerance)
    {
        ExportCase @case = ExportCase.Parse(name);
        using BertModel model = @case.Create(_kernels);
        Dictionary<string, float[][]> expected = @case.Expected(_kernels, model);
        OnnxExporter.Write(_scratch["model.onnx"], model, @case.Task, precision);
        using var session = new Session(_scratch["model.onnx"]);
        Assert.Equal(expected.Keys.Order(), session.Outputs.Order());
        PaddedBatch batch = PaddedBatch.Of(@case.Sequences(), @case.FirstSegment);
        foreach ((string output, float[] values) in session.Run(batch))
        {
            double difference = batch.Difference(values, expected[output]);
            double size = expected[output].SelectMany(v => v).Max(Math.Abs);
            TestContext.Current.TestOutputHelper!.WriteLine($"{name} {precision} {output}: {difference:e2} of {size:f2}");
            Assert.True(difference <= tolerance, $"{output}: {difference}");
        }
    }
}
