using ILGPU;

namespace BareBert.Simt;

/// <summary>An argument of a kernel: a number, or a view (pointer and length). Converts from these by itself.</summary>
public readonly struct KernelArgument
{
    private KernelArgument(Type type, ulong first) => (Type, First) = (type, first);

    private KernelArgument(Type type, ulong address, ulong length) => (Type, First, Second, IsView) = (type, address, length, true);

    /// <summary>The C# parameter type it is meant for.</summary>
    internal Type Type { get; }

    internal ulong First { get; }

    /// <summary>A view's length.</summary>
    internal ulong Second { get; }

    /// <summary>Whether it is one parameter of 16 bytes, address and length.</summary>
    internal bool IsView { get; }

    internal bool IsNegative => !IsView && (Type == typeof(int) ? (int)First < 0 : Type == typeof(long) && (long)First < 0);

    public static implicit operator KernelArgument(int value) => new(typeof(int), (uint)value);
    public static implicit operator KernelArgument(uint value) => new(typeof(uint), value);
    public static implicit operator KernelArgument(long value) => new(typeof(long), (ulong)value);
    public static implicit operator KernelArgument(ulong value) => new(typeof(ulong), value);
    public static implicit operator KernelArgument(float value) => new(typeof(float), BitConverter.SingleToUInt32Bits(value));
    public static implicit operator KernelArgument(double value) => new(typeof(double), BitConverter.DoubleToUInt64Bits(value));

    public static implicit operator KernelArgument(ArrayView<float> view) => Of(view);
    public static implicit operator KernelArgument(ArrayView<double> view) => Of(view);
    public static implicit operator KernelArgument(ArrayView<int> view) => Of(view);
    public static implicit operator KernelArgument(ArrayView<uint> view) => Of(view);
    public static implicit operator KernelArgument(ArrayView<long> view) => Of(view);
    public static implicit operator KernelArgument(ArrayView<ulong> view) => Of(view);
    public static implicit operator KernelArgument(ArrayView<ushort> view) => Of(view);
    public static implicit operator KernelArgument(ArrayView<short> view) => Of(view);
    public static implicit operator KernelArgument(ArrayView<byte> view) => Of(view);
    public static implicit operator KernelArgument(ArrayView<sbyte> view) => Of(view);

    /// <summary>A view of any element type.</summary>
    public static KernelArgument Of<T>(ArrayView<T> view) where T : unmanaged =>
        new(typeof(ArrayView<T>), DeviceView.AddressOf(view), (ulong)view.Length);

    /// <summary>Where each PTX parameter lies among the values that <see cref="Flatten"/> gave.</summary>
    /// <param name="pointers">As many as there are values, or fewer are used.</param>
    /// <param name="values">The first value.</param>
    /// <param name="arguments">What they were made from.</param>
    internal static unsafe void Point(void** pointers, ulong* values, ReadOnlySpan<KernelArgument> arguments)
    {
        foreach (KernelArgument argument in arguments)
        {
            *pointers++ = values;
            values += argument.IsView ? 2 : 1;
        }
    }

    /// <summary>The PTX parameters of <paramref name="kernel"/>, from arguments of its C# method.</summary>
    /// <exception cref="ArgumentException">They do not fit the method's parameters.</exception>
    internal static ulong[] Flatten(SimtKernel kernel, ReadOnlySpan<KernelArgument> arguments)
    {
        var parameters = kernel.Method.GetParameters();
        if (parameters.Length != arguments.Length)
            throw new ArgumentException($"{kernel.Name} takes {parameters.Length} arguments, not {arguments.Length}");
        var values = new List<ulong>(2 * arguments.Length);
        for (int i = 0; i < arguments.Length; i++)
        {
            KernelArgument argument = arguments[i];
            if (argument.Type != parameters[i].ParameterType)
                throw new ArgumentException($"{kernel.Name}: argument {i} ({parameters[i].Name}) is a {argument.Type?.Name}, "
                    + $"the kernel takes a {parameters[i].ParameterType.Name}");
            values.Add(argument.First);
            if (argument.IsView)
                values.Add(argument.Second);
        }
        foreach (int place in kernel.Module.NonNegative)
            if (arguments[place].IsNegative)
                throw new ArgumentException($"{kernel.Name}: {parameters[place].Name} is negative; the kernel divides it by a power of two, which is compiled to a shift");
        return [.. values];
    }
}
