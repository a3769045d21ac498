using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Text.Json;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>Which vectors this process computes with.</summary>
public sealed class VectorWidthTests
{
    private static int WidestOfAll => Avx512F.IsSupported ? 16 : Vector256.IsHardwareAccelerated ? 8 : 4;

    [Fact]
    public void The_widest_are_taken_also_where_the_runtime_advises_against_them()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable("DOTNET_PreferredVectorBitWidth") is { Length: > 0 }, "the environment asks for a width");
        Assert.Equal(WidestOfAll, VectorWidth.Floats);
    }

    [Fact]
    public void Who_asks_for_a_width_has_no_wider_ones()
    {
        LaunchedProcesses doctor = LaunchedProcesses.Of(1, [0], new() { ["DOTNET_PreferredVectorBitWidth"] = "256" }, "doctor", "--quick", "--json");
        JsonElement cpu = JsonDocument.Parse(doctor.Outputs[0]).RootElement.GetProperty("devices")[0];
        Assert.Equal(Math.Min(8, WidestOfAll), cpu.GetProperty("vector_floats").GetInt32());
        Assert.True(cpu.GetProperty("usable").GetBoolean());
    }
}
