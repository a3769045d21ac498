using System.Reflection;
using BareBert.Kernels;
using ILGPU;

namespace BareBert.Tests;

/// <summary>Every kernel of the GPU floor, generic ones with the arguments that make the most of them.</summary>
internal static class GpuKernelList
{
    /// <summary>The kernels with names for a table, as in "MatMul5DoubleBuffered.Run KInner KInner GpuGelu".</summary>
    public static IReadOnlyList<(string Name, MethodInfo Method)> All { get; } =
        [.. Definitions().SelectMany(Instances).Select(method => (NameOf(method), method)).OrderBy(kernel => kernel.Item1, StringComparer.Ordinal)];

    // Public static methods that return nothing and take views: helpers inside kernels are private.
    private static IEnumerable<MethodInfo> Definitions() => typeof(GpuKernels).Assembly.GetTypes()
        .Where(type => type is { IsAbstract: true, IsSealed: true } && IsKernelClass(type))
        .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly));

    private static bool IsKernelClass(Type type) =>
        type.Name.EndsWith("Kernels", StringComparison.Ordinal) || type.Name.EndsWith("Kernel", StringComparison.Ordinal)
        || type.Name.StartsWith("MatMul", StringComparison.Ordinal) && char.IsAsciiDigit(type.Name["MatMul".Length]) || type == typeof(Bf16Panel);

    private static IEnumerable<MethodInfo> Instances(MethodInfo method)
    {
        if (method.ReturnType != typeof(void) || !method.GetParameters().Any(p => p.ParameterType.IsGenericType && p.ParameterType.GetGenericTypeDefinition() == typeof(ArrayView<>)))
            return [];
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
        // Multiplies differ by activation in their last lines only: the longest stands for all.
        bool inMultiply = parameter.DeclaringMethod!.DeclaringType!.Name.StartsWith("MatMul", StringComparison.Ordinal);
        if (inMultiply && constraint == typeof(IGpuActivation))
            return [typeof(GpuGelu)];
        // Packed operands lie in one way.
        return constraint == typeof(IOperandLayout) && MatMulLadder.Rungs.Any(rung => rung.IsPacked && rung.Kernel == parameter.DeclaringMethod.DeclaringType) ? [typeof(KInner)] : all;
    }

    private static string NameOf(MethodInfo method) =>
        $"{method.DeclaringType!.Name}.{method.Name}{string.Concat(method.GetGenericArguments().Select(type => " " + type.Name))}";
}
