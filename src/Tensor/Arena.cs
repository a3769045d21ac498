namespace BareBert;

/// <summary>
/// A range of device memory from which tensors are cut one after the other, and given back all at once by
/// <see cref="Reset"/>. No tensor is ever disposed of.
/// </summary>
/// <remarks>
/// A backward pass goes through a step's tensors in reverse order and can hand single ones back early
/// (<see cref="Recycle"/>): the next tensor of the same size takes that memory, so a step needs little more than its
/// activations. When a step outgrew the range, <see cref="Reset"/> replaces it with one that is large enough: after the
/// second step of a run memory no longer grows.
/// </remarks>
public sealed class Arena(DeviceMemory memory) : IDisposable
{
    private const int Alignment = 256;
    private const long MinChunk = 1 << 20;

    private readonly List<(nint Address, long Bytes)> _chunks = [];
    private readonly Dictionary<long, Stack<nint>> _recycled = [];
    private readonly Stack<Stack<nint>> _spareStacks = [];
    private nint _next;
    private long _left;
    private long _used;

    /// <summary>The memory that tensors are cut from.</summary>
    public DeviceMemory Memory { get; } = memory;

    /// <summary>Counts the resets; a tensor knows in which of them it was made.</summary>
    public int Generation { get; private set; }

    /// <summary>Bytes held, in use or not.</summary>
    public long Capacity { get; private set; }

    /// <summary>A tensor with undefined contents.</summary>
    public Tensor Allocate(Shape shape, DType type = DType.Float32)
    {
        long bytes = RoundUp(Math.Max(1, shape.Count * type.Size()), Alignment);
        return new Tensor(this, Take(bytes), shape, type);
    }

    /// <summary>A tensor of zeros.</summary>
    public Tensor Zeros(Shape shape, DType type = DType.Float32)
    {
        Tensor tensor = Allocate(shape, type);
        tensor.Zero();
        return tensor;
    }

    /// <summary>A tensor holding a copy of <paramref name="values"/>.</summary>
    public Tensor Upload<T>(Shape shape, ReadOnlySpan<T> values) where T : unmanaged
    {
        Tensor tensor = Allocate(shape, DTypes.Of<T>());
        tensor.Upload(values);
        return tensor;
    }

    /// <summary>A tensor over memory that is somebody else's, of the same kind as the arena's, and that outlives it.</summary>
    public Tensor Over(nint address, Shape shape, DType type = DType.Float32) => new(this, address, shape, type);

    /// <summary>Hands back the memory of one tensor before the reset. Nothing may read the tensor afterwards.</summary>
    public void Recycle(Tensor tensor)
    {
        long bytes = RoundUp(Math.Max(1, tensor.Shape.Count * tensor.DType.Size()), Alignment);
        if (!_recycled.TryGetValue(bytes, out Stack<nint>? free))
            _recycled[bytes] = free = _spareStacks.TryPop(out Stack<nint>? spare) ? spare : new Stack<nint>();
        free.Push(tensor.Address);
    }

    /// <summary>Gives all tensors back; using one of them afterwards throws.</summary>
    public void Reset()
    {
        Generation++;
        ForgetRecycled();
        if (_chunks.Count > 1)
        {
            long peak = _used;
            FreeChunks();
            AddChunk(peak + peak / 16);
        }
        _used = 0;
        (_next, _left) = _chunks.Count == 0 ? (0, 0) : _chunks[0];
    }

    /// <summary>Gives the memory back to the device.</summary>
    public void Dispose()
    {
        Generation++;
        FreeChunks();
    }

    // Ragged batches have ever new sizes: to remember each of them would be a leak.
    private void ForgetRecycled()
    {
        foreach (Stack<nint> free in _recycled.Values)
        {
            free.Clear();
            _spareStacks.Push(free);
        }
        _recycled.Clear();
    }

    private nint Take(long bytes)
    {
        if (_recycled.TryGetValue(bytes, out Stack<nint>? free) && free.TryPop(out nint recycled))
            return recycled;
        if (bytes > _left)
            AddChunk(Math.Max(bytes, Capacity / 2));
        nint address = _next;
        _next += (nint)bytes;
        _left -= bytes;
        _used += bytes;
        return address;
    }

    private void AddChunk(long bytes)
    {
        bytes = RoundUp(bytes, MinChunk);
        _chunks.Add((Memory.Allocate(bytes), bytes));
        Capacity += bytes;
        (_next, _left) = _chunks[^1];
    }

    private void FreeChunks()
    {
        foreach ((nint address, long bytes) in _chunks)
            Memory.Free(address, bytes);
        _chunks.Clear();
        (Capacity, _next, _left) = (0, 0, 0);
    }

    private static long RoundUp(long value, long multiple) => (value + multiple - 1) / multiple * multiple;
}
