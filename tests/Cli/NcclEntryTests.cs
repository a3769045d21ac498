using BareBert.Cli;
using BareBert.Simt;
using Xunit;

namespace BareBert.Tests;

/// <summary>What doctor says of NCCL.</summary>
[Collection(nameof(FakeDriver))]
public sealed class NcclEntryTests : IDisposable
{
    public void Dispose() => PlayedNccl.Fail(0);

    [Fact]
    public void It_is_named_and_tried()
    {
        NcclEntry tried = NcclEntry.Try(PlayedNccl.Library, () => new EmulatedDevice());
        Assert.True(tried.Passed);
        Assert.Equal($"NCCL 2.21.5 ({PlayedNccl.Path}): emulated sums with it", tried.ToString());
        Assert.Equal("2.21.5", tried.ToJson()["version"]!.GetValue<string>());
        PlayedNccl.Fail(5);
        NcclEntry failed = NcclEntry.Try(PlayedNccl.Library, () => new EmulatedDevice());
        Assert.False(failed.Passed);
        Assert.Contains("FAILED: NCCL 2.21.5: making an id: invalid usage", failed.ToString());
    }

    [Fact]
    public void Where_there_is_none_that_is_said_and_no_failure()
    {
        NcclEntry here = NcclEntry.Survey();
        Assert.SkipWhen(here.Library is not null, "this machine has NCCL");
        Assert.Contains("no NCCL: libnccl.so.2 was not found; install", here.ToString());
        Assert.False(here.Passed);
    }
}
