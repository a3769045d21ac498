using System.Diagnostics;

namespace BareBert.Kernels;

/// <summary>How fast a device is, measured through the contract: what a training step can hope for.</summary>
/// <param name="MultiplyFlops">Flops a second of a square multiply in float32 operands.</param>
/// <param name="MultiplySize">Its M, N and K.</param>
/// <param name="MemoryBytes">Bytes a second that y += x moves, 12 for each element.</param>
/// <param name="MemoryElements">Elements of x.</param>
public sealed record DeviceSpeed(double MultiplyFlops, int MultiplySize, double MemoryBytes, int MemoryElements)
{
    // From what an interpreter does in a moment to what fills a large GPU, until a call takes long enough to be timed.
    private const int SmallestMultiply = 64, LargestMultiply = 8192, SmallestRange = 1 << 12, LargestRange = 32 << 20;
    private const double LongEnough = 0.03;
    private const int Repeats = 5;

    /// <summary>Measures; about a second on a processor or a GPU. Sizes grow with the device's speed.</summary>
    public static DeviceSpeed Measure(IKernels device)
    {
        (int size, double multiply) = Grow(SmallestMultiply, LargestMultiply, 2, n => TimeMultiply(device, n));
        (int elements, double add) = Grow(SmallestRange, LargestRange, 8, n => TimeAdd(device, n));
        return new DeviceSpeed(2.0 * size * size * size / multiply, size, 12.0 * elements / add, elements);
    }

    private static (int Size, double Seconds) Grow(int smallest, int largest, int factor, Func<int, double> seconds)
    {
        for (int size = smallest; ; size *= factor)
        {
            double time = seconds(size);
            if (time >= LongEnough || (long)size * factor > largest)
                return (size, time);
        }
    }

    private static double TimeMultiply(IKernels device, int n)
    {
        using var arena = new Arena(device.Memory);
        var shape = new Shape(n, n);
        Tensor c = arena.Zeros(shape), a = arena.Zeros(shape), b = arena.Zeros(shape);
        return Time(device, () => device.Run(new MatrixMultiply { C = c, A = a, B = b }));
    }

    private static double TimeAdd(IKernels device, int n)
    {
        using var arena = new Arena(device.Memory);
        Tensor y = arena.Zeros(new Shape(n)), x = arena.Zeros(new Shape(n));
        return Time(device, () => device.Run(new AddScaled { Y = y, X = x }));
    }

    // The best of a few, after one that compiles and loads; one is enough where one takes long.
    private static double Time(IKernels device, Action call)
    {
        double best = Once(device, call);
        for (int i = 0; i < Repeats && (i == 0 || best < 10 * LongEnough); i++)
            best = Math.Min(best, Once(device, call));
        return best;
    }

    private static double Once(IKernels device, Action call)
    {
        device.Synchronize();
        long start = Stopwatch.GetTimestamp();
        call();
        device.Synchronize();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
