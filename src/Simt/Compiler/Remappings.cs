using System.Reflection;
using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Frontend;
using ILGPU.Frontend.Intrinsic;

namespace BareBert.Simt;

/// <summary>Tells ILGPU's frontend which methods stand in for those of .NET: exact mathematics (<see cref="DeviceMath"/>, <see cref="DeviceInstructions"/>) in place of approximate
/// instructions, and what ILGPU 1.5.3 does not know or gets wrong.</summary>
/// <remarks>ILGPU keeps them for the process, for every context.</remarks>
internal static class Remappings
{
    private static readonly Lock Turn = new();
    private static bool done;

    public static void Register()
    {
        lock (Turn)
        {
            if (done)
                return;
            done = true;
            // ILGPU.Algorithms brings its own for MathF when it is first used, which would replace these.
            RuntimeHelpers.RunClassConstructor(typeof(AlgorithmContext).TypeHandle);
            foreach (Type type in (Type[])[typeof(DeviceMath), typeof(DeviceInstructions)])
                foreach (MethodInfo method in type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly))
                    foreach (Type source in (Type[])[typeof(MathF), typeof(Math), typeof(XMath), typeof(BitConverter)])
                        Map(source, method);
        }
    }

    private static void Map(Type source, MethodInfo method)
    {
        Type[] types = [.. method.GetParameters().Select(parameter => parameter.ParameterType)];
        if (source.GetMethod(method.Name, BindingFlags.Public | BindingFlags.Static, types) is { } replaced && replaced.ReturnType == method.ReturnType)
            RemappedIntrinsics.AddRemapping(replaced, (ref InvocationContext context) => context.Method = method);
    }
}
