using System.Diagnostics;

namespace BareBert.Kernels;

/// <summary>What one kind of kernel has cost so far.</summary>
/// <param name="Name">The type of its calls.</param>
/// <param name="Calls">How often it was called.</param>
/// <param name="Seconds">Wall-clock time in it.</param>
/// <param name="Flops">Floating-point operations that the mathematics asks for.</param>
/// <param name="Bytes">Bytes of the operands: those that are updated in place count twice.</param>
public readonly record struct KernelCost(string Name, long Calls, double Seconds, double Flops, double Bytes);

/// <summary>
/// Any device's kernels with a stopwatch around each: where a run's time goes. Waits for the device after every call, so
/// overlapping work is serialised while it measures.
/// </summary>
public sealed class ProfilingKernels(IKernels inner) : IKernels
{
    private readonly Dictionary<string, KernelCost> _costs = [];

    /// <summary>The kernels called so far, the most expensive first.</summary>
    public IReadOnlyList<KernelCost> Costs => [.. _costs.Values.OrderByDescending(c => c.Seconds)];

    /// <inheritdoc/>
    public string Name => inner.Name;

    /// <inheritdoc/>
    public DeviceMemory Memory => inner.Memory;

    /// <inheritdoc/>
    public DType ElementType => inner.ElementType;

    /// <summary>Forgets what was measured.</summary>
    public void Reset() => _costs.Clear();

    /// <inheritdoc/>
    public void Synchronize() => inner.Synchronize();

    /// <inheritdoc/>
    public void Dispose() => inner.Dispose();

    /// <inheritdoc/>
    public void Run<TCall>(in TCall call) where TCall : struct, IKernelCall<TCall>
    {
        long start = Start();
        inner.Run(call);
        Stop(typeof(TCall).Name, start, call.Work.Flops, call.Work.Traffic.Bytes);
    }

    private long Start()
    {
        inner.Synchronize();
        return Stopwatch.GetTimestamp();
    }

    private void Stop(string name, long start, double flops, double bytes)
    {
        inner.Synchronize();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        KernelCost cost = _costs.GetValueOrDefault(name);
        _costs[name] = new KernelCost(name, cost.Calls + 1, cost.Seconds + seconds, cost.Flops + flops, cost.Bytes + bytes);
    }
}
