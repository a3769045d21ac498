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

    // Those whose last bits a GPU does not share with .NET; MathTests holds the first of them to their errors, the rest are ILGPU's own, which no kernel here uses and
    // of which it refuses most. And those that throw here for some numbers.
    private static readonly string[] Approximate =
        [
            "Exp", "Exp2", "Log", "Log2", "Log10", "Pow", "Tanh", "Sin", "Cos", "Rsqrt",
            "Rem", "IEEERemainder", "Sinh", "Cosh", "Asin", "Acos", "Tan", "Atan", "Atan2",
        ], Throwing = ["DivRoundUp", "DivRoundDown", "Abs"];

    [Fact]
    public void EveryExactFunctionOfXMathGivesDotNetsOwnResults()
    {
        MethodInfo[] methods = [.. MethodsOf(typeof(XMath)).Where(method => !Approximate.Contains(method.Name)
            && (!Throwing.Contains(method.Name) || method.ReturnType == typeof(float) || method.ReturnType == typeof(double)))];
        Assert.True(methods.Length >= 30, $"only {methods.Length} methods were found");
        AssertSame(methods);
    }

    private static MethodInfo[] MethodsOf(Type type) => [.. type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly)
        .Where(method => method.GetParameters().Select(parameter => parameter.ParameterType).Append(method.ReturnType).All(type => type.IsPrimitive))];

    // What ILGPU would compile to something else, or not at all (MiscompilationTests): each is refused.
    internal static readonly string[] Refused =
    [
        .. from name in (string[])["Constant", "ConstantNot", "ConstantIs", "ConstantIf"]
           from comparison in (string[])["Less", "LessOrEqual", "Greater", "GreaterOrEqual"]
           from type in (string[])["Float", "Double"]
           select name + comparison + type,
        "By2Int", "By8Int", "By16Int", "By2UInt", "By8UInt", "By16UInt", "By2Long", "By8Long", "By16Long", "By2ULong", "By8ULong", "By16ULong", "NextChar", "NeverThrows",
        "ConstantLoop", "HalvingLoop", "WhileWithBreak", "Enums",
    ];

    // Sums with a constant zero: ILGPU takes x + 0 for x, which is so but for the sign of zero.
    private static readonly string[] UpToTheSignOfZero = ["GenericStructFloat", "GenericStructDouble"];

    private static void AssertSame(MethodInfo[] methods)
    {
        MethodInfo[] kernels = KernelTesting.Wrap(methods);
        string[] failures = [.. Enumerable.Range(0, methods.Length).AsParallel().Select(i => Difference(methods[i], kernels[i], seed: i)).OfType<string>()];
        Assert.True(failures.Length == 0, $"{failures.Length} of {methods.Length}:\n" + string.Join('\n', failures));
    }

    // C# does not say what a float becomes that the small integer cannot hold.
    private static bool IsSpecified(MethodInfo method, Array[] inputs, int i) =>
        Type.GetTypeCode(method.ReturnType) is not (TypeCode.SByte or TypeCode.Byte or TypeCode.Int16 or TypeCode.UInt16) || inputs[0].GetValue(i) is not (float or double)
        || Convert.ToDouble(inputs[0].GetValue(i)) is var x && x > Lowest(method.ReturnType) - 1 && x < Highest(method.ReturnType) + 1;

    private static double Lowest(Type type) => Convert.ToDouble(type.GetField("MinValue")!.GetValue(null));

    private static double Highest(Type type) => Convert.ToDouble(type.GetField("MaxValue")!.GetValue(null));

    private static string? Difference(MethodInfo method, MethodInfo wrapper, int seed)
    {
        var random = new Random(seed);
        Array[] inputs = [.. method.GetParameters().Select(p => KernelTesting.Column(p.ParameterType, 160, random))];
        using var device = new EmulatedDevice(new EmulatorOptions { Threads = 1 });
        try
        {
            Array expected = KernelTesting.OnHost(method, inputs);
            Array actual = KernelTesting.Run(device, SimtKernel.Of(wrapper), inputs, method.ReturnType);
            for (int i = 0; i < expected.Length; i++)
                if (!KernelTesting.Same(expected.GetValue(i), actual.GetValue(i)) && IsSpecified(method, inputs, i)
                    && !(UpToTheSignOfZero.Contains(method.Name) && expected.GetValue(i) is 0f or 0d && actual.GetValue(i) is 0f or 0d))
                    return $"{method.Name}({string.Join(", ", inputs.Select(column => column.GetValue(i)))}) = {actual.GetValue(i)}, .NET says {expected.GetValue(i)}";
            return Refused.Contains(method.Name) ? $"{method.Name} is not refused" : null;
        }
        catch (SimtCompileException) when (Refused.Contains(method.Name))
        {
            return null;
        }
        catch (Exception error)
        {
            return $"{method.Name}: {(error.InnerException ?? error).Message}";
        }
    }
}
