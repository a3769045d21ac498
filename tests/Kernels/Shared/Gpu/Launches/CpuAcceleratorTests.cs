using BareBert.Kernels;
using BareBert.Simt;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using Xunit;

namespace BareBert.Tests;

/// <summary>The kernels are plain ILGPU: its own runtime launches them, here on its simulation of a GPU by threads of the processor. What is an instruction of NVIDIA's alone
/// (tensor cores, ldmatrix, cp.async) is not among them.</summary>
public sealed class CpuAcceleratorTests : IDisposable
{
    private readonly Context _context = Context.Create(builder => builder.CPU(new CPUDevice(numThreadsPerWarp: 32, numWarpsPerMultiprocessor: 8, numMultiprocessors: 1)));
    private readonly Accelerator _accelerator;

    public CpuAcceleratorTests() => _accelerator = _context.CreateCPUAccelerator(0);

    public void Dispose()
    {
        _accelerator.Dispose();
        _context.Dispose();
    }

    [Fact]
    public void Activation()
    {
        float[] x = Values(100, seed: 1);
        using MemoryBuffer1D<float, Stride1D.Dense> from = _accelerator.Allocate1D(x), to = _accelerator.Allocate1D<float>(x.Length);
        var launch = _accelerator.LoadStreamKernel<ArrayView<float>, ArrayView<float>, int>(ActivationKernels.Forward<GpuGelu, AnyRows>);
        launch((1, 32), to.View.BaseView, from.View.BaseView, x.Length);
        Near([.. x.Select(value => (float)(value * 0.5 * (1 + SpecialFunctions.Erf(value / Math.Sqrt(2)))))], to);
    }

    [Fact]
    public void LayerNormOfRows()
    {
        const int rows = 3, cols = 40;
        float[] x = Values(rows * cols, seed: 2), weight = Values(cols, seed: 3), bias = Values(cols, seed: 4);
        using MemoryBuffer1D<float, Stride1D.Dense> from = _accelerator.Allocate1D(x), w = _accelerator.Allocate1D(weight), b = _accelerator.Allocate1D(bias);
        using MemoryBuffer1D<float, Stride1D.Dense> to = _accelerator.Allocate1D<float>(x.Length), mean = _accelerator.Allocate1D<float>(rows), rstd = _accelerator.Allocate1D<float>(rows);
        var launch = _accelerator.LoadStreamKernel<ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, int, int, float>(
            LayerNormKernels.Forward<AnyRows>);
        launch((1, 32 * LayerNormKernels.Warps), to.View.BaseView, mean.View.BaseView, rstd.View.BaseView, from.View.BaseView, w.View.BaseView, b.View.BaseView, rows, cols, 1e-12f);
        var expected = new float[x.Length];
        for (int row = 0; row < rows; row++)
        {
            double[] values = [.. x.Skip(row * cols).Take(cols).Select(value => (double)value)];
            double m = values.Average(), deviation = Math.Sqrt(values.Average(value => (value - m) * (value - m)));
            for (int i = 0; i < cols; i++)
                expected[row * cols + i] = (float)((values[i] - m) / deviation * weight[i] + bias[i]);
        }
        Near(expected, to);
    }

    [Fact]
    public void SumOfSquaresThroughSharedMemory()
    {
        float[] x = Values(301, seed: 5);
        using MemoryBuffer1D<float, Stride1D.Dense> from = _accelerator.Allocate1D(x), total = _accelerator.Allocate1D<float>(1);
        using MemoryBuffer1D<double, Stride1D.Dense> partials = _accelerator.Allocate1D<double>(2);
        total.MemSetToZero();
        _accelerator.LoadStreamKernel<ArrayView<double>, ArrayView<float>, int>(ReductionKernels.Partials<SquareTerm, AnyRows>)((2, 64), partials.View.BaseView, from.View.BaseView, x.Length);
        _accelerator.LoadStreamKernel<ArrayView<float>, ArrayView<double>, int, double>(ReductionKernels.Total)((1, 64), total.View.BaseView, partials.View.BaseView, 2, 0.5);
        Near([(float)(0.5 * x.Sum(value => (double)value * value))], total);
    }

    private static float[] Values(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => 4 * random.NextSingle() - 2)];
    }

    private void Near(float[] expected, MemoryBuffer1D<float, Stride1D.Dense> actual)
    {
        _accelerator.Synchronize();
        float[] got = actual.GetAsArray1D();
        for (int i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - got[i]) <= 1e-5 * Math.Max(1, Math.Abs(expected[i])), $"[{i}]: {got[i]}, not {expected[i]}");
    }
}
