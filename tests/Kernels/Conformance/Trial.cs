using System.Runtime.InteropServices;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>An operand of a trial: one tensor on every side, holding the same numbers at first. <c>default</c> is left out.</summary>
public readonly record struct Operand(int Number, Shape Shape, DType Type);

/// <summary>
/// One call of a kernel, made with the same operands on the device under test and on another that it is held against: on
/// Reference, whose results it must meet within a tolerance, or on a twin, whose results it must meet bit for bit.
/// </summary>
/// <remarks>
/// Every operand lies between guards and starts anywhere, not only at aligned addresses. In host memory it ends where memory ends, as the last tensor
/// of a mapped file does: a kernel that reads on stops the test run, and the runtime prints which one it was.
/// </remarks>
public sealed class Trial : IDisposable
{
    private const int Guard = 64;
    private const int GuardBits = 0x7FC5_A5A5; // As a float: a NaN, so reading it shows too.

    // Drawn once for all trials; a prime number of them, so that no row repeats another.
    private static readonly double[] Draws = Draw(100_003);

    private readonly Side _expected, _actual;
    private readonly Side[] _sides;
    private readonly List<Operand> _operands = [];
    private readonly string _device;
    private readonly bool _bitForBit;
    private PhiloxStream _random;

    public Trial(IKernels expected, IKernels device, bool bitForBit, string name, uint seed)
    {
        (_device, _bitForBit) = (name, bitForBit);
        _random = new PhiloxStream(seed, stream: 77);
        _sides = [_expected = new Side(expected), _actual = new Side(device)];
    }

    /// <summary>Every operand starts at a cache line, so that devices may take their widest accesses.</summary>
    public bool IsAligned { get; init; }

    /// <summary>Normally distributed numbers.</summary>
    public Operand Normal(Shape shape, double scale = 1, double mean = 0)
    {
        var values = new float[shape.Count];
        uint at = _random.NextUInt();
        for (int i = 0; i < values.Length; i++)
            values[i] = (float)(mean + scale * Draws[(at + i) % Draws.Length]);
        return Floats(shape, values);
    }

    /// <summary>An output that is overwritten: whatever it holds must not show in the result.</summary>
    public Operand Output(Shape shape)
    {
        var values = new float[shape.Count];
        Array.Fill(values, float.NaN);
        return Floats(shape, values);
    }

    /// <summary>A gradient: an output that is overwritten, or numbers that are added to.</summary>
    public Operand Gradient(Shape shape, bool overwrite) => overwrite ? Output(shape) : Normal(shape);

    /// <summary>Given numbers.</summary>
    public Operand Floats(Shape shape, ReadOnlySpan<float> values) => Add(shape, DType.Float32, MemoryMarshal.Cast<float, int>(values));

    /// <summary>Given indices.</summary>
    public Operand Ints(params ReadOnlySpan<int> values) => Add(new Shape(values.Length), DType.Int32, values);

    /// <summary>Indices in [0, limit).</summary>
    public Operand Indices(int count, int limit)
    {
        var values = new int[count];
        for (int i = 0; i < count; i++)
            values[i] = _random.NextInt(limit);
        return Ints(values);
    }

    /// <summary>Makes one element of an operand something else, on every side.</summary>
    public void Set(Operand operand, int index, float value)
    {
        foreach (Side side in _sides)
            side.Tensor(operand).Slice(index, new Shape(1)).Upload<float>([value]);
    }

    /// <summary>Makes the call on every side.</summary>
    public Trial Run(Action<IKernels, Func<Operand, Tensor>> call)
    {
        foreach (Side side in _sides)
        {
            call(side.Kernels, side.Tensor);
            side.Kernels.Synchronize();
        }
        foreach (Side side in _sides)
            side.CheckGuards();
        return this;
    }

    /// <summary>The call must throw <see cref="ArgumentException"/>, with the same message everywhere, and write nothing.</summary>
    public void Rejects(Action<IKernels, Func<Operand, Tensor>> call)
    {
        string? expected = null;
        foreach (Side side in _sides)
        {
            int[][] before = [.. _operands.Select(side.Bits)];
            string message = Assert.ThrowsAny<ArgumentException>(() => call(side.Kernels, side.Tensor)).Message;
            Assert.NotEmpty(message);
            Assert.Equal(expected ??= message, message);
            foreach (Operand operand in _operands)
                Assert.Equal(before[operand.Number - 1], side.Bits(operand));
            side.CheckGuards();
        }
    }

    /// <summary>As <see cref="Rejects"/>, for an index out of range: a device that the host cannot look into does not see it, and is not asked.</summary>
    public void RejectsIndex(Action<IKernels, Func<Operand, Tensor>> call)
    {
        if (_actual.Kernels.Memory.IsHost)
            Rejects(call);
    }

    /// <summary>The device's result is Reference's within the tolerance, or its twin's to the bit.</summary>
    public void Matches(Operand operand, Tolerance tolerance, string name)
    {
        float[] expected = _expected.Floats(operand), actual = _actual.Floats(operand);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(_bitForBit ? SameBits(expected[i], actual[i]) : IsClose(expected[i], actual[i], tolerance),
                $"{name}{operand.Shape} on {_device}: element {i} is {actual[i]:R}, not {expected[i]:R}, " +
                $"{Math.Abs((double)actual[i] - expected[i]):G3} apart, {(_bitForBit ? 0 : tolerance.Allows(expected[i])):G3} allowed");
        }
    }

    /// <summary>Integers must be equal.</summary>
    public void MatchesInts(Operand operand, string name) =>
        Assert.True(_expected.Bits(operand).AsSpan().SequenceEqual(_actual.Bits(operand)), $"{name}{operand.Shape} on {_device}");

    /// <summary>What the device computed.</summary>
    public float[] Result(Operand operand) => _actual.Floats(operand);

    private static bool SameBits(float a, float b) => BitConverter.SingleToInt32Bits(a) == BitConverter.SingleToInt32Bits(b);

    private static bool IsClose(float expected, float actual, Tolerance tolerance) => float.IsNaN(expected)
        ? float.IsNaN(actual)
        : expected == actual || Math.Abs((double)actual - expected) <= tolerance.Allows(expected);

    private static double[] Draw(int count)
    {
        var random = new PhiloxStream(77, 1);
        var draws = new double[count];
        foreach (ref double draw in draws.AsSpan())
            draw = random.NextNormal();
        return draws;
    }

    private Operand Add(Shape shape, DType type, ReadOnlySpan<int> bits)
    {
        var operand = new Operand(_operands.Count + 1, shape, type);
        _operands.Add(operand);
        foreach (Side side in _sides)
            side.Add(operand, bits, IsAligned);
        return operand;
    }

    public void Dispose()
    {
        foreach (Side side in _sides)
            side.Dispose();
    }

    private sealed class Side(IKernels kernels) : IDisposable
    {
        private readonly Arena _arena = new(kernels.Memory);
        private readonly bool _endsWithMemory = kernels.Memory.IsHost && OperatingSystem.IsLinux();
        private readonly List<LastBytes> _lastBytes = [];
        private readonly List<(Tensor Whole, Tensor Inner, int Start)> _tensors = [];

        public IKernels Kernels => kernels;

        public Tensor Tensor(Operand operand) => operand.Number == 0 ? default : _tensors[operand.Number - 1].Inner;

        public void Add(Operand operand, ReadOnlySpan<int> bits, bool aligned)
        {
            // A multiple of four bytes is all that a slice promises; every other operand is aligned to a cache line.
            int start = Guard + (aligned || operand.Number % 2 == 0 ? 0 : operand.Number % 16);
            var padded = new int[start + bits.Length + (_endsWithMemory ? 0 : Guard)];
            Array.Fill(padded, GuardBits);
            bits.CopyTo(padded.AsSpan(start));
            Tensor whole = Allocate(new Shape(padded.Length), operand.Type);
            if (operand.Type == DType.Int32)
                whole.Upload<int>(padded);
            else
                whole.Upload<float>(MemoryMarshal.Cast<int, float>(padded));
            _tensors.Add((whole, whole.Slice(start, operand.Shape), start));
        }

        public int[] Bits(Operand operand) => operand.Type == DType.Int32
            ? Tensor(operand).ToArray<int>()
            : MemoryMarshal.Cast<float, int>(Floats(operand)).ToArray();

        public float[] Floats(Operand operand) => Tensor(operand).ToArray<float>();

        public void CheckGuards()
        {
            foreach ((Tensor whole, Tensor inner, int start) in _tensors)
            {
                int[] bits = whole.DType == DType.Int32 ? whole.ToArray<int>() : MemoryMarshal.Cast<float, int>(whole.ToArray<float>()).ToArray();
                bool intact = !bits.AsSpan(0, start).ContainsAnyExcept(GuardBits) && !bits.AsSpan(start + (int)inner.Count).ContainsAnyExcept(GuardBits);
                Assert.True(intact, $"{kernels.Name} wrote outside {inner}");
            }
        }

        public void Dispose()
        {
            _arena.Dispose();
            foreach (LastBytes memory in _lastBytes)
                memory.Dispose();
        }

        private Tensor Allocate(Shape shape, DType type)
        {
            if (!_endsWithMemory)
                return _arena.Allocate(shape, type);
            var memory = new LastBytes((nuint)(shape.Count * type.Size()));
            _lastBytes.Add(memory);
            return new Tensor(_arena, memory.Address, shape, type);
        }
    }
}
