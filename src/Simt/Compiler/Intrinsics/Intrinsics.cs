using System.Collections.Frozen;
using System.Reflection;

namespace BareBert.Simt;

/// <summary>Compiles a call that the GPU has instructions for. Returns the result; null for void.</summary>
internal delegate Value? Intrinsic(KernelCompiler compiler, MethodInfo method, Value[] arguments);

/// <summary>The methods that are not followed into but known to the compiler, by type and name.</summary>
internal static class Intrinsics
{
    private static readonly FrozenDictionary<(Type, string), Intrinsic> Table = Build();

    private static FrozenDictionary<(Type, string), Intrinsic> Build()
    {
        var table = new Dictionary<(Type, string), Intrinsic>();
        ViewIntrinsics.AddTo(table);
        ThreadIntrinsics.AddTo(table);
        AllocationIntrinsics.AddTo(table);
        WarpIntrinsics.AddTo(table);
        AtomicIntrinsics.AddTo(table);
        MathIntrinsics.AddTo(table);
        TensorCoreIntrinsics.AddTo(table);
        return table.ToFrozenDictionary();
    }

    /// <summary>How to compile calls of <paramref name="method"/>; null: by following its IL.</summary>
    public static Intrinsic? Find(MethodBase method)
    {
        if (method.DeclaringType is not { } type)
            return null;
        Type definition = type.IsGenericType ? type.GetGenericTypeDefinition() : type;
        return Table.GetValueOrDefault((definition, method.Name));
    }

    /// <summary>The method whose IL stands in for that of <paramref name="method"/>: device mathematics for .NET's own.</summary>
    public static MethodBase? Replacement(MethodBase method)
    {
        if (method.DeclaringType is not { } type || !Stand.TryGetValue(type, out Type? device))
            return null;
        return device.GetMethod(method.Name, BindingFlags.Static | BindingFlags.Public,
            [.. method.GetParameters().Select(parameter => parameter.ParameterType)]);
    }

    private static readonly FrozenDictionary<Type, Type> Stand = new Dictionary<Type, Type>
    {
        [typeof(MathF)] = typeof(DeviceMath),
        [typeof(Math)] = typeof(DeviceMath),
        [typeof(ILGPU.Algorithms.XMath)] = typeof(DeviceMath),
        [typeof(ILGPU.Atomic)] = typeof(DeviceAtomic),
    }.ToFrozenDictionary();
}
