using System.Reflection;
using BareBert.Simt;
using ILGPU.Algorithms;
using Xunit;

namespace BareBert.Tests;

/// <summary>The compiler and the interpreter against .NET: the same methods, the same bits.</summary>
public sealed class CompilerTests
{
    [Fact]
    public void EveryScalarMethodGivesDotNetsOwnResults()
    {
        MethodInfo[] methods = MethodsOf(typeof(ScalarMethods));
        Assert.True(methods.Length >= 395, $"only {methods.Length} methods were found");
        AssertSame(methods);
    }

    // Those whose last bits a GPU does not share with .NET; MathTests holds them to their errors. And those that throw here for some numbers.
    private static readonly string[] Approximate = ["Exp", "Exp2", "Log", "Log2", "Log10", "Pow", "Tanh", "Sin", "Cos", "Rsqrt"], Throwing = ["DivRoundUp", "DivRoundDown", "Abs"];

    [Fact]
    public void EveryExactFunctionOfXMathGivesDotNetsOwnResults()
    {
        MethodInfo[] methods = [.. MethodsOf(typeof(XMath)).Where(method => !Approximate.Contains(method.Name)
            && (!Throwing.Contains(method.Name) || method.ReturnType == typeof(float) || method.ReturnType == typeof(double)))];
        Assert.True(methods.Length >= 30, $"only {methods.Length} methods were found");
        AssertSame(methods);
    }

    private static MethodInfo[] MethodsOf(Type type) => type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly);

    private static void AssertSame(MethodInfo[] methods)
    {
        MethodInfo[] kernels = KernelTesting.Wrap(methods);
        var failures = new List<string>();
        using var device = new EmulatedDevice();
        for (int i = 0; i < methods.Length; i++)
            if (Difference(device, methods[i], kernels[i], seed: i) is { } difference)
                failures.Add(difference);
        Assert.True(failures.Count == 0, $"{failures.Count} of {methods.Length}:\n" + string.Join('\n', failures));
    }

    private static string? Difference(ISimtDevice device, MethodInfo method, MethodInfo wrapper, int seed)
    {
        var random = new Random(seed);
        Array[] inputs = [.. method.GetParameters().Select(p => KernelTesting.Column(p.ParameterType, 160, random))];
        try
        {
            Array expected = KernelTesting.OnHost(method, inputs);
            Array actual = KernelTesting.Run(device, SimtKernel.Of(wrapper, KernelTesting.Exact), inputs, method.ReturnType);
            for (int i = 0; i < expected.Length; i++)
                if (!KernelTesting.Same(expected.GetValue(i), actual.GetValue(i)))
                    return $"{method.Name}({string.Join(", ", inputs.Select(column => column.GetValue(i)))}) = {actual.GetValue(i)}, .NET says {expected.GetValue(i)}";
            return null;
        }
        catch (Exception error)
        {
            return $"{method.Name}: {(error.InnerException ?? error).Message}";
        }
    }
}
