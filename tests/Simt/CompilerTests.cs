using System.Reflection;
using BareBert.Simt;
using Xunit;

namespace BareBert.Tests;

/// <summary>The compiler and the interpreter against .NET: the same methods, the same bits.</summary>
public sealed class CompilerTests
{
    [Fact]
    public void EveryScalarMethodGivesDotNetsOwnResults()
    {
        MethodInfo[] methods = [.. typeof(ScalarMethods).GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly)];
        MethodInfo[] kernels = KernelTesting.Wrap(methods);
        var failures = new List<string>();
        using var device = new EmulatedDevice();
        for (int i = 0; i < methods.Length; i++)
            if (Difference(device, methods[i], kernels[i], seed: i) is { } difference)
                failures.Add(difference);
        Assert.True(methods.Length >= 390, $"only {methods.Length} methods were found");
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
