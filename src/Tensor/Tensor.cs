using System.Runtime.InteropServices;

namespace BareBert;

/// <summary>
/// A handle of memory on a device: shape, element type, address. Contiguous and row-major, always; a transpose is a flag
/// of the matrix multiply. A value type: copying it copies the handle, not the numbers. <c>default</c> is "no tensor", for
/// arguments that may be left out.
/// </summary>
public readonly struct Tensor
{
    private readonly Arena? _arena;
    private readonly nint _address;
    private readonly int _generation;

    internal Tensor(Arena arena, nint address, Shape shape, DType type)
    {
        (_arena, _address, _generation) = (arena, address, arena.Generation);
        (Shape, DType) = (shape, type);
    }

    /// <summary>The sizes of the dimensions.</summary>
    public Shape Shape { get; }

    /// <summary>The type of the elements.</summary>
    public DType DType { get; }

    /// <summary>True for <c>default</c>: an argument that was left out.</summary>
    public bool IsNone => _arena is null;

    /// <summary>True where this process can read the elements, as <c>Span</c> does.</summary>
    public bool IsOnHost => _arena is { Memory.IsHost: true };

    /// <summary>Number of elements.</summary>
    public long Count => Shape.Count;

    /// <summary>The product of all dimensions but the last.</summary>
    public int Rows => Shape.Rows;

    /// <summary>The last dimension.</summary>
    public int Cols => Shape.Cols;

    /// <summary>Bytes of the elements.</summary>
    public long Bytes => Shape.Count * DType.Size();

    /// <summary>Where the first element lies, in the device's own addresses.</summary>
    /// <exception cref="InvalidOperationException">There is no tensor, or its arena was reset since it was made.</exception>
    public nint Address
    {
        get
        {
            if (_arena is null)
                throw new InvalidOperationException("a tensor that is not there was used");
            if (_arena.Generation != _generation)
                throw new InvalidOperationException($"{Shape} was used after its arena was reset");
            return _address;
        }
    }

    /// <summary>The elements, for tensors in host memory.</summary>
    /// <exception cref="InvalidOperationException">The memory is a device's, or the elements are of another type.</exception>
    public unsafe Span<T> Span<T>() where T : unmanaged
    {
        nint address = Address;
        if (!_arena!.Memory.IsHost)
            throw new InvalidOperationException($"{Shape} lies in device memory: download it");
        RequireType<T>();
        return new Span<T>((void*)address, checked((int)Count));
    }

    /// <summary>A pointer to the float elements, for kernels on the host.</summary>
    public unsafe float* Floats()
    {
        RequireType<float>();
        return (float*)Address;
    }

    /// <summary>A pointer to the integer elements, for kernels on the host.</summary>
    public unsafe int* Ints()
    {
        RequireType<int>();
        return (int*)Address;
    }

    /// <summary>The same elements under another shape.</summary>
    /// <exception cref="ArgumentException">The shape has another number of elements.</exception>
    public Tensor View(Shape shape) => shape.Count == Count
        ? new Tensor(_arena!, Address, shape, DType)
        : throw new ArgumentException($"{Shape} cannot be seen as {shape}: {Count} elements are not {shape.Count}");

    /// <summary>Elements [<paramref name="start"/>, <paramref name="start"/> + shape.Count) under a shape of their own.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range leaves the tensor.</exception>
    public Tensor Slice(long start, Shape shape)
    {
        if (start < 0 || start + shape.Count > Count)
            throw new ArgumentOutOfRangeException(nameof(start), $"{shape} from element {start} on leaves {Shape}");
        return new Tensor(_arena!, Address + (nint)(start * DType.Size()), shape, DType);
    }

    /// <summary>Rows [<paramref name="first"/>, <paramref name="first"/> + <paramref name="rows"/>) as [rows, cols].</summary>
    public Tensor RowSlice(int first, int rows) => Slice((long)first * Cols, new Shape(rows, Cols));

    /// <summary>Sets all elements to zero.</summary>
    public void Zero() => _arena!.Memory.Zero(Address, Bytes);

    /// <summary>Overwrites the elements with <paramref name="values"/>.</summary>
    public void Upload<T>(ReadOnlySpan<T> values) where T : unmanaged
    {
        RequireType<T>();
        RequireLength(values.Length);
        nint address = Address;
        _arena!.Memory.Upload(address, MemoryMarshal.AsBytes(values));
    }

    /// <summary>Copies the elements to the host.</summary>
    public void Download<T>(Span<T> values) where T : unmanaged
    {
        RequireType<T>();
        RequireLength(values.Length);
        nint address = Address;
        _arena!.Memory.Download(MemoryMarshal.AsBytes(values), address);
    }

    /// <summary>A copy of the elements on the host.</summary>
    public T[] ToArray<T>() where T : unmanaged
    {
        var values = new T[Count];
        Download<T>(values);
        return values;
    }

    /// <summary>Overwrites the elements with those of a tensor of the same shape and type in the same memory.</summary>
    public void CopyFrom(Tensor source)
    {
        if (source.Shape != Shape || source.DType != DType)
            throw new ArgumentException($"{source} cannot be copied to {this}");
        nint address = Address;
        _arena!.Memory.Copy(address, source.Address, Bytes);
    }

    /// <summary>Throws where the shape is another one.</summary>
    /// <exception cref="ArgumentException">The message names the argument and both shapes.</exception>
    public void Require(Shape expected, string name)
    {
        if (IsNone)
            throw new ArgumentException($"{name} is missing: {expected} was expected");
        if (Shape != expected)
            throw new ArgumentException($"{name} is {Shape}, not {expected}");
    }

    /// <summary>As in "Float32[B*T=5, C=33]".</summary>
    public override string ToString() => IsNone ? "no tensor" : $"{DType}{Shape}";

    private void RequireType<T>() where T : unmanaged
    {
        if (DTypes.Of<T>() != DType)
            throw new InvalidOperationException($"{Shape} holds {DType}, not {typeof(T).Name}");
    }

    private void RequireLength(int length)
    {
        if (length != Count)
            throw new ArgumentException($"{length} values do not fill {Shape}");
    }
}
