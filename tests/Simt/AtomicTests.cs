using System.Numerics;
using System.Reflection;
using System.Reflection.Emit;
using BareBert.Simt;
using ILGPU;
using Xunit;

namespace BareBert.Tests;

/// <summary>Every atomic operation of every type: what it leaves, what it returns, and that none is lost where all threads change one place.</summary>
public sealed class AtomicTests : IDisposable
{
    private static readonly MethodInfo[] Operations = [.. typeof(Atomic).GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly)
        .Where(method => method.ReturnType.IsPrimitive && !method.IsGenericMethodDefinition)];
    internal static readonly MethodInfo[] Kernels = Wrap();

    private readonly EmulatedDevice device = new();

    public void Dispose() => device.Dispose();

    [Fact]
    public void EveryOperationOfEveryTypeDoesWhatItSays()
    {
        Assert.Equal(42, Operations.Length);
        foreach ((MethodInfo operation, MethodInfo kernel) in Operations.Zip(Kernels))
            Invoke(nameof(Alone), operation, kernel);
    }

    [Fact]
    public void NoneIsLostWhereAllChangeOnePlace()
    {
        foreach ((MethodInfo operation, MethodInfo kernel) in Operations.Zip(Kernels))
            Invoke(nameof(Together), operation, kernel);
    }

    private void Invoke(string check, MethodInfo operation, MethodInfo kernel) =>
        typeof(AtomicTests).GetMethod(check, BindingFlags.NonPublic | BindingFlags.Instance)!
            .MakeGenericMethod(operation.ReturnType).Invoke(this, BindingFlags.DoNotWrapExceptions, null, [operation.Name, kernel], null);

    // Each thread has a place of its own.
    private void Alone<T>(string name, MethodInfo kernel) where T : unmanaged, INumber<T>
    {
        T[] before = Numbers<T>(96, 1), values = Numbers<T>(96, 2);
        // CompareExchange compares with the sixth number: let it be there now and then.
        for (int i = 0; i < before.Length; i += 5)
            before[i] = T.CreateTruncating(6);
        (T[] after, T[] seen) = Run(kernel, before, values, stride: 1);
        Assert.Equal(before, seen);
        for (int i = 0; i < before.Length; i++)
            Assert.True(after[i] == Expected(name, before[i], values[i]), $"{name} of {typeof(T).Name}: {before[i]}, {values[i]} gives {after[i]}");
    }

    // All have the same place, in any order: each sees what the one before it left.
    private void Together<T>(string name, MethodInfo kernel) where T : unmanaged, INumber<T>
    {
        T[] values = Numbers<T>(96, 3);
        (T[] after, T[] seen) = Run(kernel, [T.CreateTruncating(6)], values, stride: 0);
        IEnumerable<T> left = seen.Zip(values, (old, value) => Expected(name, old, value));
        Assert.Equal(seen.Append(after[0]).Order(), left.Prepend(T.CreateTruncating(6)).Order());
        if (name is "Add" or "Max" or "Min" or "And" or "Or" or "Xor")
            Assert.Equal(values.Aggregate(T.CreateTruncating(6), (sum, value) => Expected(name, sum, value)), after[0]);
    }

    private (T[] After, T[] Seen) Run<T>(MethodInfo kernel, T[] before, T[] values, int stride) where T : unmanaged
    {
        using var target = new DeviceBuffer<T>(device, before.Length);
        using var x = new DeviceBuffer<T>(device, values.Length);
        using var seen = new DeviceBuffer<T>(device, values.Length);
        target.Upload(before);
        x.Upload(values);
        device.Launch(SimtKernel.Of(kernel), 2, values.Length / 2, 0, KernelArgument.Of(target.View), KernelArgument.Of(x.View), KernelArgument.Of(seen.View), stride);
        return (target.Download(), seen.Download());
    }

    // Whole numbers that every type holds, so that sums of floats are exact in any order; integers get bits in all places.
    private static T[] Numbers<T>(int count, int seed) where T : INumber<T>
    {
        var random = new Random(seed);
        bool isFloat = typeof(T) == typeof(float) || typeof(T) == typeof(double);
        return [.. Enumerable.Range(0, count).Select(_ => isFloat ? T.CreateTruncating(random.Next(-1000, 1000)) : T.CreateTruncating(random.NextInt64(long.MinValue, long.MaxValue)))];
    }

    private static T Expected<T>(string name, T old, T value) where T : INumber<T> => name switch
    {
        "Add" => unchecked(old + value),
        "Max" => T.Max(old, value),
        "Min" => T.Min(old, value),
        "Exchange" => value,
        "CompareExchange" => old == T.CreateTruncating(6) ? value : old,
        _ => T.CreateTruncating(name switch
        {
            "And" => long.CreateTruncating(old) & long.CreateTruncating(value),
            "Or" => long.CreateTruncating(old) | long.CreateTruncating(value),
            _ => long.CreateTruncating(old) ^ long.CreateTruncating(value),
        }),
    };

    // seen[i] = Atomic.operation(ref target[i * stride], [6,] x[i])
    private static MethodInfo[] Wrap()
    {
        var assembly = new PersistedAssemblyBuilder(new AssemblyName("AtomicKernels"), typeof(object).Assembly);
        TypeBuilder type = assembly.DefineDynamicModule("AtomicKernels").DefineType("Kernels", TypeAttributes.Public);
        for (int i = 0; i < Operations.Length; i++)
            Emit(type, $"Kernel{i}_{Operations[i].Name}", Operations[i]);
        type.CreateType();
        return KernelTesting.Load(assembly, "Kernels", name => int.Parse(name[6..name.IndexOf('_')]));
    }

    private static void Emit(TypeBuilder type, string name, MethodInfo operation)
    {
        Type number = operation.ReturnType, view = typeof(ArrayView<>).MakeGenericType(number);
        ILGenerator il = type.DefineMethod(name, MethodAttributes.Public | MethodAttributes.Static, typeof(void), [view, view, view, typeof(int)]).GetILGenerator();
        void Element(short argument, bool strided)
        {
            il.Emit(OpCodes.Ldarga, argument);
            il.Emit(OpCodes.Call, typeof(Grid).GetProperty(nameof(Grid.GlobalLinearIndex))!.GetMethod!);
            if (strided)
            {
                il.Emit(OpCodes.Ldarg_3);
                il.Emit(OpCodes.Mul);
            }
            il.Emit(OpCodes.Call, view.GetMethod("get_Item", [typeof(int)])!);
        }
        Element(2, strided: false);
        Element(0, strided: true);
        if (operation.GetParameters().Length == 3)
        {
            il.Emit(OpCodes.Ldc_I4_6);
            il.Emit(number == typeof(float) ? OpCodes.Conv_R4 : number == typeof(double) ? OpCodes.Conv_R8 : number == typeof(int) || number == typeof(uint) ? OpCodes.Conv_I4 : OpCodes.Conv_I8);
        }
        Element(1, strided: false);
        il.Emit(OpCodes.Ldobj, number);
        il.Emit(OpCodes.Call, operation);
        il.Emit(OpCodes.Stobj, number);
        il.Emit(OpCodes.Ret);
    }
}
