using System.Reflection;
using System.Reflection.Emit;
using BareBert.Simt;
using ILGPU;

namespace BareBert.Tests;

/// <summary>Runs scalar methods on the interpreter: wraps each in a kernel <c>result[i] = method(a[i], b[i], …)</c>, one thread an i.</summary>
internal static class KernelTesting
{
    /// <summary>The kernels around <paramref name="methods"/>, in order, from an assembly of their own (IL can be read back from one
    /// that was written out, but not from a dynamic method).</summary>
    public static MethodInfo[] Wrap(IReadOnlyList<MethodInfo> methods)
    {
        var assembly = new PersistedAssemblyBuilder(new AssemblyName("KernelWrappers"), typeof(object).Assembly);
        TypeBuilder type = assembly.DefineDynamicModule("KernelWrappers").DefineType("Wrapper", TypeAttributes.Public);
        for (int i = 0; i < methods.Count; i++)
            EmitWrapper(type, $"Kernel{i}_{methods[i].Name}", methods[i]);
        type.CreateType();
        return Load(assembly, "Wrapper", name => int.Parse(name[6..name.IndexOf('_')]));
    }

    /// <summary>Writes the assembly out, loads it, and gives a type's static methods in order.</summary>
    public static MethodInfo[] Load(PersistedAssemblyBuilder assembly, string type, Func<string, int> order)
    {
        using var stream = new MemoryStream();
        assembly.Save(stream);
        Assembly written = Assembly.Load(stream.ToArray());
        // Another written assembly may call into this one: it is asked for by name, and lies in no file.
        AppDomain.CurrentDomain.AssemblyResolve += (_, wanted) => wanted.Name == written.FullName ? written : null;
        Type loaded = written.GetType(type)!;
        return [.. loaded.GetMethods(BindingFlags.Static | BindingFlags.Public).OrderBy(method => order(method.Name))];
    }

    private static void EmitWrapper(TypeBuilder type, string name, MethodInfo method)
    {
        Type[] inputs = [.. method.GetParameters().Select(p => p.ParameterType)];
        Type[] views = [.. inputs.Append(method.ReturnType).Select(t => typeof(ArrayView<>).MakeGenericType(InMemory(t)))];
        MethodBuilder wrapper = type.DefineMethod(name, MethodAttributes.Public | MethodAttributes.Static, typeof(void), [.. views, typeof(int)]);
        ILGenerator il = wrapper.GetILGenerator();
        LocalBuilder index = il.DeclareLocal(typeof(int));
        Label end = il.DefineLabel();
        il.Emit(OpCodes.Call, typeof(Grid).GetProperty(nameof(Grid.GlobalLinearIndex))!.GetMethod!);
        il.Emit(OpCodes.Stloc, index);
        il.Emit(OpCodes.Ldloc, index);
        il.Emit(OpCodes.Ldarg, (short)views.Length);
        il.Emit(OpCodes.Bge, end);
        // The result's reference goes first, then the inputs in order.
        foreach (int argument in (int[])[views.Length - 1, .. Enumerable.Range(0, inputs.Length)])
        {
            il.Emit(OpCodes.Ldarga, (short)argument);
            il.Emit(OpCodes.Ldloc, index);
            il.Emit(OpCodes.Call, views[argument].GetMethod("get_Item", [typeof(int)])!);
            if (argument < inputs.Length)
                il.Emit(OpCodes.Ldobj, InMemory(inputs[argument]));
        }
        il.Emit(OpCodes.Call, method);
        il.Emit(OpCodes.Stobj, InMemory(method.ReturnType));
        il.MarkLabel(end);
        il.Emit(OpCodes.Ret);
    }

    // ILGPU takes no views of what is not blittable: a bool is a byte in memory, a char a word.
    private static Type InMemory(Type type) => type == typeof(bool) ? typeof(byte) : type == typeof(char) ? typeof(ushort) : type;

    /// <summary>Runs a wrapper kernel on columns of inputs, and returns the column of results.</summary>
    public static Array Run(ISimtDevice device, SimtKernel kernel, Array[] inputs, Type resultType)
    {
        int n = inputs[0].Length;
        Array result = Array.CreateInstance(resultType, n);
        var buffers = new List<IDisposable>();
        var arguments = new List<KernelArgument>();
        object last = null!;
        foreach (Array column in inputs.Append(result))
        {
            (KernelArgument argument, object buffer) = ((KernelArgument, object))typeof(KernelTesting)
                .GetMethod(nameof(Place), BindingFlags.NonPublic | BindingFlags.Static)!
                .MakeGenericMethod(InMemory(column.GetType().GetElementType()!)).Invoke(null, [device, column])!;
            arguments.Add(argument);
            buffers.Add((IDisposable)(last = buffer));
        }
        arguments.Add(n);
        device.Launch(kernel, (n + 127) / 128, 128, 0, [.. arguments]);
        var output = (Array)last.GetType().GetMethod("Download")!.Invoke(last, null)!;
        buffers.ForEach(buffer => buffer.Dispose());
        return InMemory(resultType) == resultType ? output : Reread(output, resultType);
    }

    // The same bytes as numbers of another type of the same size.
    private static Array Reread(Array column, Type type)
    {
        Array result = Array.CreateInstance(type, column.Length);
        Buffer.BlockCopy(column, 0, result, 0, Buffer.ByteLength(column));
        return result;
    }

    private static (KernelArgument, object) Place<T>(ISimtDevice device, Array column) where T : unmanaged
    {
        var buffer = new DeviceBuffer<T>(device, column.Length);
        buffer.Upload((T[])(column is T[] ? column : Reread(column, typeof(T))));
        return (KernelArgument.Of(buffer.View), buffer);
    }

    /// <summary>Values that make arithmetic go wrong, then random ones of all sizes.</summary>
    public static Array Column(Type type, int count, Random random)
    {
        Array column = Array.CreateInstance(type, count);
        for (int i = 0; i < count; i++)
            column.SetValue(Interesting(type, random), i);
        return column;
    }

    private static object Interesting(Type type, Random random)
    {
        int sizeBits = random.Next(1, 64);
        long bits = random.NextInt64(long.MinValue, long.MaxValue) >> sizeBits;
        bool edge = random.Next(4) == 0;
        return Type.GetTypeCode(type) switch
        {
            TypeCode.Boolean => (bits & 1) != 0,
            TypeCode.SByte => edge ? Pick<sbyte>(random, sbyte.MinValue, sbyte.MaxValue, 0, -1, 1) : (sbyte)bits,
            TypeCode.Byte => edge ? Pick<byte>(random, 0, 255, 128, 1) : (byte)bits,
            TypeCode.Int16 => edge ? Pick<short>(random, short.MinValue, short.MaxValue, 0, -1) : (short)bits,
            TypeCode.UInt16 => edge ? Pick<ushort>(random, 0, ushort.MaxValue, 32768) : (ushort)bits,
            TypeCode.Char => (char)(ushort)bits,
            TypeCode.Int32 => edge ? Pick(random, int.MinValue, int.MaxValue, 0, -1, 1, 31, 32) : (int)bits,
            TypeCode.UInt32 => edge ? Pick(random, uint.MinValue, uint.MaxValue, 0x80000000u, 1u) : (uint)bits,
            TypeCode.Int64 => edge ? Pick(random, long.MinValue, long.MaxValue, 0, -1, 1L << 32) : bits,
            TypeCode.UInt64 => edge ? Pick(random, ulong.MinValue, ulong.MaxValue, 1ul << 63) : (ulong)bits,
            TypeCode.Single => edge
                ? Pick(random, 0f, -0f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, float.Epsilon, 1f, 2147483648f, -1e10f)
                : (random.NextSingle() - 0.5f) * MathF.Pow(2, random.Next(-20, 40)),
            TypeCode.Double => edge
                ? Pick(random, 0d, -0d, double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.MaxValue, double.Epsilon, 1d, 9.3e18)
                : (random.NextDouble() - 0.5) * Math.Pow(2, random.Next(-40, 70)),
            _ => throw new NotSupportedException(type.Name),
        };
    }

    private static T Pick<T>(Random random, params T[] values) => values[random.Next(values.Length)];

    /// <summary>Calls the method on the host, row by row.</summary>
    public static Array OnHost(MethodInfo method, Array[] inputs)
    {
        Array result = Array.CreateInstance(method.ReturnType, inputs[0].Length);
        for (int i = 0; i < result.Length; i++)
            result.SetValue(method.Invoke(null, [.. inputs.Select(column => column.GetValue(i))]), i);
        return result;
    }

    /// <summary>The same number bit for bit; any NaN for any NaN.</summary>
    public static bool Same(object? expected, object? actual) => (expected, actual) switch
    {
        (float a, float b) => BitConverter.SingleToInt32Bits(a) == BitConverter.SingleToInt32Bits(b) || float.IsNaN(a) && float.IsNaN(b),
        (double a, double b) => BitConverter.DoubleToInt64Bits(a) == BitConverter.DoubleToInt64Bits(b) || double.IsNaN(a) && double.IsNaN(b),
        _ => Equals(expected, actual),
    };
}
