using System.Reflection;
using BareBert.Kernels;

namespace BareBert.Tests;

/// <summary>Every kernel of the GPU floor, generic ones with the arguments that make the most of them.</summary>
internal static class GpuKernelList
{
    /// <summary>The kernels with names for a table, as in "MatMul5DoubleBuffered.Run KInner KInner GpuGelu".</summary>
    public static IReadOnlyList<(string Name, MethodInfo Method)> All { get; } =
        [.. Definitions().SelectMany(Instances).Select(method => (NameOf(method), method)).OrderBy(kernel => kernel.Item1, StringComparer.Ordinal)];

    private static IEnumerable<MethodInfo> Definitions() => typeof(GpuKernels).Assembly.GetTypes()
        .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.DeclaredOnly))
        .Where(method => method.IsDefined(typeof(GpuKernelAttribute)));

    private static IEnumerable<MethodInfo> Instances(MethodInfo method)
    {
        if (!method.IsGenericMethodDefinition)
            return [method];
        IEnumerable<Type[]> arguments = [[]];
        foreach (Type parameter in method.GetGenericArguments())
            arguments = arguments.SelectMany(chosen => Choices(parameter).Select(choice => (Type[])[.. chosen, choice]));
        return arguments.Select(method.MakeGenericMethod);
    }

    private static Type[] Choices(Type parameter)
    {
        Type constraint = parameter.GetGenericParameterConstraints().Single(type => type != typeof(ValueType));
        Type[] all = [.. constraint.Assembly.GetTypes().Where(type => type.IsValueType && constraint.IsAssignableFrom(type))];
        MatMulRung? rung = MatMulLadder.Rungs.SingleOrDefault(rung => rung.Kernel == parameter.DeclaringMethod!.DeclaringType);
        // Multiplies differ by activation in their last lines only: the longest stands for all.
        if (rung is not null && constraint == typeof(IGpuActivation))
            return [typeof(GpuGelu)];
        // Packed operands lie in one way.
        return rung is { IsPacked: true } && constraint == typeof(IOperandLayout) ? [typeof(KInner)] : all;
    }

    private static string NameOf(MethodInfo method) =>
        $"{method.DeclaringType!.Name}.{method.Name}{string.Concat(method.GetGenericArguments().Select(type => " " + type.Name))}";
}
