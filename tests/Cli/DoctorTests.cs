using System.Text.Json;
using BareBert.Cli;
using BareBert.Kernels;
using BareBert.Simt;
using Xunit;

namespace BareBert.Tests;

/// <summary>barebert doctor, and what is said of devices that are not to be had.</summary>
[Collection(nameof(CliCollection))]
public sealed class DoctorTests
{
    [Fact]
    public void Every_device_is_listed_and_every_usable_one_tested()
    {
        JsonElement doctor = CliRun.Of("doctor", "--quick", "--json", "--threads", "2").Json();
        JsonElement[] devices = [.. doctor.GetProperty("devices").EnumerateArray()];
        string[] names = [.. devices.Select(device => device.GetProperty("name").GetString()!)];
        Assert.Equal("cpu", names[0]);
        Assert.Equal(["emulated", "reference"], names[^2..]);
        Assert.Contains(names, name => name.StartsWith("cuda", StringComparison.Ordinal));
        Assert.Equal(2, devices[0].GetProperty("threads").GetInt32());
        Assert.Equal(VectorWidth.Floats, devices[0].GetProperty("vector_floats").GetInt32());
        Assert.Equal(Int8Weight.Instruction, devices[0].GetProperty("int8").GetString());
        foreach (JsonElement device in devices.Where(device => device.TryGetProperty("self_tests", out _)))
        {
            Assert.True(device.GetProperty("usable").GetBoolean());
            foreach (JsonElement test in device.GetProperty("self_tests").EnumerateArray())
            {
                Assert.True(test.GetProperty("passed").GetBoolean());
                Assert.Equal(3, test.GetProperty("checks").GetArrayLength());
                Assert.False(test.TryGetProperty("multiply_gflops", out _), "--quick measures nothing");
            }
        }
        string[] precisions = [.. devices[^2].GetProperty("self_tests").EnumerateArray().Select(test => test.GetProperty("precision").GetString()!)];
        Assert.Equal(["fp32", "tf32", "bf16"], precisions);
        using IKernels automatic = BareBert.Kernels.Devices.Open("auto");
        Assert.Equal(automatic.Name, doctor.GetProperty("auto").GetProperty("device").GetString());
        if (CudaDeviceInfo.All(out string reason).Count == 0)
        {
            Assert.Equal(reason, devices.Single(device => device.GetProperty("name").GetString() == "cuda").GetProperty("missing").GetString());
            Assert.Equal(reason, doctor.GetProperty("auto").GetProperty("why").GetString());
        }
    }

    [Fact]
    public void Speeds_are_measured_on_every_device()
    {
        using var kernels = new ReferenceKernels<float>();
        DeviceSpeed speed = DeviceSpeed.Measure(kernels);
        Assert.True(speed.MultiplyFlops > 0 && double.IsFinite(speed.MultiplyFlops));
        Assert.True(speed.MemoryBytes > 0 && double.IsFinite(speed.MemoryBytes));
        Assert.True(ProcessorLimits.Measure(1) is { PeakFlops: > 0, Memory: { Read: > 0, Copy: > 0, Update: > 0 } });
    }

    [Fact]
    public void A_device_that_computes_wrongly_is_found_out()
    {
        Assert.True(SelfTest.Run("honest", Precision.Fp32, () => new Spoiled(1), measures: false).Passed);
        foreach (float factor in new[] { 1.001f, float.NaN })
        {
            SelfTest test = SelfTest.Run("liar", Precision.Fp32, () => new Spoiled(factor), measures: false);
            Assert.False(test.Passed);
            Assert.Null(test.Failure);
            Assert.Contains("WRONG: multiply", test.ToRow());
            Assert.All(test.Checks, check => Assert.Equal(check.Name != "multiply", check.Passed));
        }
        SelfTest broken = SelfTest.Run("broken", Precision.Fp32, () => throw new RunException("it\nsmokes"), measures: true);
        Assert.False(broken.Passed);
        Assert.Contains("FAILED: it smokes", broken.ToRow());
    }

    [Theory]
    [InlineData("pretrain")]
    [InlineData("finetune --task classification --data x.csv --model mini")]
    [InlineData("evaluate --model {0}")]
    [InlineData("evaluate --model {0} --pseudo-perplexity")]
    [InlineData("fill-mask --model {0} [MASK]")]
    [InlineData("predict --model {0} text")]
    [InlineData("embed --model {0} text")]
    public void Without_a_gpu_every_verb_says_so_in_one_line(string line)
    {
        Assert.SkipWhen(CudaDeviceInfo.All(out string reason).Count > 0, "this machine has a GPU");
        using var folder = new Scratch();
        File.WriteAllText(folder["config.json"], """{"model_type": "bert"}""");
        string message = CliRun.Of([.. string.Format(line, folder.Root).Split(' '), "--device", "cuda"]).Refused("--device cuda: ", reason, "--device cpu");
        Assert.DoesNotContain(" at ", message);
    }

    [Fact]
    public void What_is_missing_is_named_with_what_would_help()
    {
        var bare = new NvidiaTraces(HasCard: false, HasKernelDriver: false, HasDeviceFiles: false, MayUseDeviceFiles: false, VisibleDevices: null);
        Assert.Contains("no NVIDIA card", bare.WithoutLibrary());
        Assert.Contains("install NVIDIA's driver 520", (bare with { HasCard = true }).WithoutLibrary());
        Assert.Contains("--gpus all", (bare with { HasCard = true, HasKernelDriver = true }).WithoutLibrary());
        Assert.Contains("CUDA_VISIBLE_DEVICES is '7'", (bare with { VisibleDevices = "7" }).WithoutDevice());
        Assert.Contains("may not use /dev/nvidiactl", (bare with { HasKernelDriver = true, HasDeviceFiles = true }).WithoutDevice());
        Assert.Contains("/dev/nvidiactl is missing", (bare with { HasKernelDriver = true }).WithoutDevice());
        Assert.Contains("plugged in", bare.WithoutDevice());
    }

    [Fact]
    public void A_gpu_that_cannot_be_used_says_why()
    {
        var gpu = new CudaDeviceInfo(1, "H", new Version(9, 0), 1L << 37, 132, 232_448, new Version(12, 4));
        Assert.Null(gpu.Obstacle);
        Assert.Contains("compute capability 7.5", (gpu with { Capability = new Version(7, 5) }).Obstacle);
        Assert.Contains("driver 520", (gpu with { DriverVersion = new Version(11, 4) }).Obstacle);
        Assert.Contains("Prohibited", (gpu with { IsProhibited = true }).Obstacle);
        DeviceEntry entry = DeviceEntry.Of(gpu with { DriverVersion = new Version(11, 4) });
        Assert.False(entry.IsTested);
        Assert.Equal("cuda:1", entry.Name);
        Assert.Contains("137.4 GB", entry.Description);
    }

    [Fact]
    public void The_processor_is_described_from_what_the_system_says()
    {
        using var folder = new Scratch();
        string two = folder.File("cpuinfo", "processor\t: 0\nmodel name\t: A: B\nphysical id\t: 0\ncore id\t\t: 0\n\nprocessor\t: 1\nmodel name\t: A: B\nphysical id\t: 0\ncore id\t\t: 0\n\n"
            + "processor\t: 2\nphysical id\t: 1\ncore id\t\t: 0\n");
        Assert.Equal(new Processor("A: B", 2, 3, VectorWidth.Floats), Processor.Read(two, 3));
        Processor unknown = Processor.Read(folder["nowhere"], 5);
        Assert.Equal((5, 5), (unknown.Cores, unknown.Threads));
        Assert.NotEmpty(unknown.Name);
    }

    /// <summary>Reference, but for multiplies that are a factor off.</summary>
    private sealed class Spoiled(float factor) : IKernels
    {
        private readonly ReferenceKernels<float> _kernels = new();

        public string Name => _kernels.Name;

        public DeviceMemory Memory => _kernels.Memory;

        public DType ElementType => _kernels.ElementType;

        public void Run<TCall>(in TCall call) where TCall : struct, IKernelCall<TCall>
        {
            _kernels.Run(call);
            if (call is MatrixMultiply multiply)
                multiply.C.Span<float>()[^1] *= factor;
        }

        public void Synchronize() => _kernels.Synchronize();

        public void Dispose() => _kernels.Dispose();
    }
}
