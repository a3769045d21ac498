using System.Text.Json.Nodes;
using BareBert.Simt;

namespace BareBert.Cli;

/// <summary>NCCL, which sums between GPUs, as this machine has it, and what came of trying it.</summary>
/// <param name="Library">What was found: version and file; null: nothing.</param>
/// <param name="Found">What the trial gave, or why there was none.</param>
/// <param name="Passed">Whether it was tried and works.</param>
internal sealed record NcclEntry(NcclLibrary? Library, string Found, bool Passed)
{
    private const int Numbers = 1 << 16;

    /// <summary>This machine's.</summary>
    public static NcclEntry Survey()
    {
        try
        {
            if (NcclLibrary.Find(out string reason) is not { } library)
                return new NcclEntry(null, reason, false);
            return CudaDeviceInfo.All(out _).FirstOrDefault(gpu => gpu.Obstacle is null) is { } gpu ? Try(library, () => new CudaDevice(gpu.Ordinal))
                : new NcclEntry(library, "not tried: that takes a GPU", false);
        }
        catch (InputException e)
        {
            return new NcclEntry(null, e.Message, false);
        }
    }

    /// <summary>Has one GPU sum by itself, and looks at what comes.</summary>
    /// <param name="library">NCCL.</param>
    /// <param name="open">Opens the GPU.</param>
    public static NcclEntry Try(NcclLibrary library, Func<ISimtDevice> open)
    {
        try
        {
            using ISimtDevice device = open();
            using var communicator = new NcclCommunicator(library, device, library.NewId(), 0, 1);
            using var x = new DeviceBuffer<float>(device, Numbers);
            float[] values = [.. Enumerable.Range(1, Numbers).Select(i => 1f / i)];
            x.Upload(values);
            communicator.Sum(DeviceView.AddressOf(x.View), Numbers, NcclType.Float32);
            communicator.Wait();
            return values.AsSpan().SequenceEqual(x.Download()) ? new NcclEntry(library, $"{device.Name} sums with it", true)
                : new NcclEntry(library, $"FAILED: the sum of one process on {device.Name} is not what it held", false);
        }
        catch (Exception e)
        {
            // A finding, whatever it is: the rest is to be looked at too.
            return new NcclEntry(library, $"FAILED: {e.Message.ReplaceLineEndings(" ")}", false);
        }
    }

    public override string ToString() => Library is null ? Found : $"NCCL {Library.Version} ({Library.Path}): {Found}";

    public JsonObject ToJson()
    {
        var json = new JsonObject { ["found"] = Found, ["passed"] = Passed };
        if (Library is not null)
            (json["version"], json["library"]) = (Library.Version.ToString(), Library.Path);
        return json;
    }
}
