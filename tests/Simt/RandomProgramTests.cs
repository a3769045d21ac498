using System.Reflection;
using System.Reflection.Emit;
using BareBert.Simt;
using Xunit;

namespace BareBert.Tests;

/// <summary>Methods made up at random, on .NET and in the interpreter.</summary>
public sealed class RandomProgramTests
{
    private const int Programs = 120;

    [Fact]
    public void RandomProgramsGiveDotNetsOwnResults()
    {
        var assembly = new PersistedAssemblyBuilder(new AssemblyName("RandomPrograms"), typeof(object).Assembly);
        TypeBuilder type = assembly.DefineDynamicModule("RandomPrograms").DefineType("Programs", TypeAttributes.Public);
        for (int seed = 0; seed < Programs; seed++)
            new RandomProgram(seed).Emit(type);
        type.CreateType();
        MethodInfo[] methods = KernelTesting.Load(assembly, "Programs", name => int.Parse(name["Program".Length..]));
        MethodInfo[] kernels = KernelTesting.Wrap(methods);

        using var device = new EmulatedDevice();
        for (int seed = 0; seed < Programs; seed++)
        {
            var random = new Random(seed);
            Array[] inputs = [.. methods[seed].GetParameters().Select(p => KernelTesting.Column(p.ParameterType, 96, random))];
            Array expected = KernelTesting.OnHost(methods[seed], inputs);
            Array actual = KernelTesting.Run(device, SimtKernel.Of(kernels[seed], KernelTesting.Exact), inputs, methods[seed].ReturnType);
            for (int i = 0; i < expected.Length; i++)
                Assert.True(KernelTesting.Same(expected.GetValue(i), actual.GetValue(i)), $"program {seed}, "
                    + $"({string.Join(", ", inputs.Select(column => column.GetValue(i)))}): {actual.GetValue(i)}, .NET says {expected.GetValue(i)}");
        }
    }
}
