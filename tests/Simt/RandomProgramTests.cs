using System.Reflection;
using System.Reflection.Emit;
using BareBert.Simt;
using Xunit;

namespace BareBert.Tests;

/// <summary>Methods made up at random, on .NET and in the interpreter: what ILGPU would compile to something else is refused, all others give the same bits.</summary>
public sealed class RandomProgramTests
{
    private const int Programs = 240, Accepted = 60;

    [Fact]
    public void RandomProgramsGiveDotNetsOwnResultsOrAreRefused()
    {
        var assembly = new PersistedAssemblyBuilder(new AssemblyName("RandomPrograms"), typeof(object).Assembly);
        TypeBuilder type = assembly.DefineDynamicModule("RandomPrograms").DefineType("Programs", TypeAttributes.Public);
        for (int seed = 0; seed < Programs; seed++)
            new RandomProgram(seed).Emit(type);
        type.CreateType();
        MethodInfo[] methods = KernelTesting.Load(assembly, "Programs", name => int.Parse(name["Program".Length..]));
        MethodInfo[] kernels = KernelTesting.Wrap(methods);
        string?[] outcomes = [.. Enumerable.Range(0, Programs).AsParallel().AsOrdered().Select(seed => Outcome(seed, methods[seed], kernels[seed]))];
        string[] wrong = [.. outcomes.OfType<string>().Where(outcome => outcome != Refused)];
        Assert.True(wrong.Length == 0, $"{wrong.Length} of {Programs}:\n" + string.Join('\n', wrong));
        int accepted = outcomes.Count(outcome => outcome is null);
        Assert.True(accepted >= Accepted, $"only {accepted} of {Programs} are accepted");
    }

    private const string Refused = "refused";

    // Null where the results are .NET's.
    private static string? Outcome(int seed, MethodInfo method, MethodInfo kernel)
    {
        var random = new Random(seed);
        Array[] inputs = [.. method.GetParameters().Select(p => KernelTesting.Column(p.ParameterType, 96, random))];
        Array expected = KernelTesting.OnHost(method, inputs), actual;
        using var device = new EmulatedDevice(new EmulatorOptions { Threads = 1 });
        try
        {
            actual = KernelTesting.Run(device, SimtKernel.Of(kernel), inputs, method.ReturnType);
        }
        catch (SimtCompileException refused) when (refused.InnerException is null)
        {
            return Refused;
        }
        catch (Exception error)
        {
            return $"program {seed}: {(error.InnerException ?? error).Message}";
        }
        for (int i = 0; i < expected.Length; i++)
            // ILGPU takes x + 0 for x: zeros may differ in their sign.
            if (!KernelTesting.Same(expected.GetValue(i), actual.GetValue(i)) && !(expected.GetValue(i) is 0f or 0d && actual.GetValue(i) is 0f or 0d))
                return $"program {seed}, ({string.Join(", ", inputs.Select(column => column.GetValue(i)))}): {actual.GetValue(i)}, .NET says {expected.GetValue(i)}";
        return null;
    }
}
