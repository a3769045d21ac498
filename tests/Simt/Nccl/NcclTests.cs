using BareBert.Bert.Distributed;
using BareBert.Simt;
using Xunit;

namespace BareBert.Tests;

/// <summary>What NCCL is asked for, in which order, on which stream, and what is said when it refuses; on a played NCCL, and on the GPU where there is one.</summary>
[Collection(nameof(FakeDriver))]
public sealed class NcclTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public NcclTests()
    {
        _ = PlayedNccl.Path;
        PlayedNccl.Journal();
    }

    public void Dispose()
    {
        PlayedNccl.Fail(0);
        PlayedNccl.Patience(20_000);
        PlayedNccl.UsesStreams(false);
        _scratch.Dispose();
    }

    private static float[][] Sum(int size, int count, NcclType type, Func<int, int, float> value)
    {
        NcclLibrary library = PlayedNccl.Library;
        byte[] id = library.NewId();
        return ThreadGroup.Run(size, group =>
        {
            using var device = new EmulatedDevice();
            using var communicator = new NcclCommunicator(library, device, id, group.Rank, size);
            using var x = new DeviceBuffer<float>(device, count);
            x.Upload([.. Enumerable.Range(0, count).Select(i => value(group.Rank, i))]);
            communicator.Sum(DeviceView.AddressOf(x.View), type == NcclType.Float32 ? count : count * sizeof(float) / (type == NcclType.Float64 ? 8 : 2), type);
            communicator.Wait();
            return x.Download();
        });
    }

    [Theory]
    [InlineData(1, 10)]
    [InlineData(2, 100_000)]
    [InlineData(4, 17)]
    public void All_get_the_sum(int size, int count)
    {
        float[][] sums = Sum(size, count, NcclType.Float32, (rank, i) => i + 1000 * rank);
        foreach (float[] sum in sums)
            Assert.Equal(Enumerable.Range(0, count).Select(i => size * i + 1000f * size * (size - 1) / 2), sum);
        string[] journal = PlayedNccl.Journal();
        Assert.Equal("id", journal[0]);
        foreach (string kind in new[] { "init", "sum", "destroy" })
            Assert.Equal(Enumerable.Range(0, size).Select(rank => $"{kind} rank={rank}"), journal.Where(line => line.StartsWith(kind, StringComparison.Ordinal)).Select(line => string.Join(' ', line.Split(' ')[..2])).Order());
        Assert.All(journal.Where(line => line.StartsWith("sum", StringComparison.Ordinal)), line => Assert.EndsWith($"count={count} type=7 stream=0 in_place=1", line));
    }

    [Fact]
    public void Other_types_are_summed_as_what_they_are()
    {
        float ones = BitConverter.UInt32BitsToSingle(0x3F80_3F80), twos = BitConverter.UInt32BitsToSingle(0x4000_4000); // each two bfloat16
        Assert.All(Sum(2, 6, NcclType.BFloat16, (_, _) => ones), sum => Assert.All(sum, value => Assert.Equal(twos, value)));
        (float low, float high) = (BitConverter.UInt32BitsToSingle(0), BitConverter.UInt32BitsToSingle(0x3FF0_0000)); // a float64 of 1
        Assert.All(Sum(2, 4, NcclType.Float64, (_, i) => i % 2 == 0 ? low : high), sum => Assert.Equal([low, BitConverter.UInt32BitsToSingle(0x4000_0000), low, BitConverter.UInt32BitsToSingle(0x4000_0000)], sum));
        Assert.Contains(PlayedNccl.Journal(), line => line.Contains("count=2 type=8"));
    }

    /// <summary>A sum is on a stream of its own, and begins when what the device was asked for before is done: here nothing is done before somebody waits.</summary>
    [Fact]
    public void A_sum_waits_for_the_devices_work_and_the_host_for_the_sum()
    {
        using var driver = new FakeDriver();
        using (var device = new CudaDevice(driver.Library(), 0, _scratch.Root))
        {
            NcclLibrary library = PlayedNccl.Library;
            PlayedNccl.UsesStreams(true);
            using var communicator = new NcclCommunicator(library, device, library.NewId(), 0, 1);
            using var x = new DeviceBuffer<float>(device, 4);
            ulong address = DeviceView.AddressOf(x.View);
            for (int step = 1; step <= 3; step++)
            {
                x.Upload([step, 1, 1, 1]);
                PlayedNccl.Journal();
                communicator.Sum(address, 4, NcclType.Float32);
                Assert.Equal(["sum rank=0 count=4 type=7 stream=own in_place=1"], PlayedNccl.Journal());
                communicator.Wait();
                Assert.Equal([$"run rank=0 first={step}"], PlayedNccl.Journal());
            }
            // What fails on the device is noticed while the sum is waited for.
            communicator.Sum(address, 4, NcclType.Float32);
            driver.Fault = 700;
            Assert.Contains("CUDA_ERROR_ILLEGAL_ADDRESS", Assert.Throws<SimtFaultException>(communicator.Wait).Message);
            driver.Fault = 0;
        }
        Assert.Equal(0, driver.Held);
    }

    [Fact]
    public void What_refuses_says_why_in_one_line()
    {
        NcclLibrary library = PlayedNccl.Library;
        using var device = new EmulatedDevice();
        PlayedNccl.Fail(5);
        Assert.Contains("NCCL 2.21.5: making an id: invalid usage", Assert.Throws<RunException>(library.NewId).Message);
        string joining = Assert.Throws<RunException>(() => new NcclCommunicator(library, device, new byte[NcclLibrary.IdBytes], 1, 2)).Message;
        Assert.Contains("joining 2 processes as number 1: invalid usage (Duplicate GPU detected)", joining);
        Assert.DoesNotContain('\n', joining);
        PlayedNccl.Fail(0);
        using var alone = new NcclCommunicator(library, device, library.NewId(), 0, 1);
        PlayedNccl.Fail(2);
        Assert.Contains("summing 4 elements: unhandled system error", Assert.Throws<RunException>(() => alone.Sum(device.Allocate(16), 4, NcclType.Float32)).Message);
    }

    [Fact]
    public void A_process_that_is_gone_ends_the_wait()
    {
        NcclLibrary library = PlayedNccl.Library;
        byte[] id = library.NewId();
        string[] ends = ThreadGroup.Run(2, group =>
        {
            using var device = new EmulatedDevice();
            using var communicator = new NcclCommunicator(library, device, id, group.Rank, 2);
            group.First(() => "");
            PlayedNccl.Patience(300);
            if (group.Rank == 1)
                return ""; // its memory goes, and it never sums
            ulong x = device.Allocate(16);
            communicator.Sum(x, 4, NcclType.Float32);
            string message = Assert.Throws<RunException>(communicator.Wait).Message;
            Assert.Throws<ObjectDisposedException>(() => communicator.Sum(x, 4, NcclType.Float32));
            return message;
        });
        Assert.Contains("waiting for sums: remote process exited", ends[0]);
        Assert.Contains("another process or its host may be gone", ends[0]);
        Assert.Contains("abort rank=0", PlayedNccl.Journal());
    }

    [Fact]
    public void What_is_no_nccl_is_none()
    {
        Assert.Null(NcclLibrary.Load(_scratch["libnccl.so.2"]));
        Assert.Null(NcclLibrary.Load(_scratch.File("libnccl.so", "not a library")));
        Assert.Null(NcclLibrary.Load("libc.so.6"));
        Assert.Equal((new Version(2, 21, 5), PlayedNccl.Path), (PlayedNccl.Library.Version, PlayedNccl.Library.Path));
    }

    [Fact]
    public void One_gpu_sums_by_itself()
    {
        Assert.SkipWhen(CudaDeviceInfo.All(out string noGpu).Count == 0, noGpu);
        NcclLibrary? library = NcclLibrary.Find(out string noNccl);
        Assert.SkipWhen(library is null, noNccl);
        using var device = new CudaDevice();
        using var communicator = new NcclCommunicator(library!, device, library!.NewId(), 0, 1);
        using var x = new DeviceBuffer<float>(device, 1 << 20);
        float[] values = [.. Enumerable.Range(0, 1 << 20).Select(i => (float)i)];
        x.Upload(values);
        communicator.Sum(DeviceView.AddressOf(x.View), 1 << 20, NcclType.Float32);
        communicator.Wait();
        Assert.Equal(values, x.Download());
    }
}
