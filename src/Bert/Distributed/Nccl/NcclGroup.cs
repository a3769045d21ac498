using BareBert.Kernels;
using BareBert.Simt;

namespace BareBert.Bert.Distributed.Nccl;

/// <summary>
/// Processes with a GPU each: what lies in GPUs' memory NCCL adds up between them, everything else goes the way of the group that they had before.
/// </summary>
internal sealed class NcclGroup : IProcessGroup
{
    private readonly IProcessGroup _group;
    private readonly NcclCommunicator _communicator;

    /// <param name="group">The processes; not owned.</param>
    /// <param name="library">NCCL.</param>
    /// <param name="gpu">This process's.</param>
    /// <exception cref="RunException">NCCL cannot bring them together.</exception>
    public NcclGroup(IProcessGroup group, NcclLibrary library, ISimtDevice gpu)
    {
        _group = group;
        byte[] id = Convert.FromHexString(group.First(() => Convert.ToHexString(library.NewId())));
        _communicator = new NcclCommunicator(library, gpu, id, group.Rank, group.Size);
        Name = $"NCCL {library.Version} and {group.Name}";
    }

    /// <inheritdoc/>
    public int Rank => _group.Rank;

    /// <inheritdoc/>
    public int Size => _group.Size;

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>Bytes that this process has sent otherwise than from GPU to GPU.</summary>
    public long BytesSent => _group.BytesSent;

    /// <summary>Has the processes' GPUs work together, where each has one and NCCL.</summary>
    /// <param name="group">The processes: all call this.</param>
    /// <param name="device">This one's.</param>
    /// <param name="notice">Is told why they cannot.</param>
    /// <returns>null: they do not.</returns>
    /// <exception cref="InputException">Some have a GPU and some have not, or their NCCLs do not go together.</exception>
    public static NcclGroup? Join(IProcessGroup group, IKernels device, Action<string> notice)
    {
        if (group.Size == 1)
            return null;
        CudaDevice? gpu = (device as GpuKernels)?.Device as CudaDevice;
        string reason = "";
        NcclLibrary? library = group.All(() => gpu is null ? null : NcclLibrary.Find(out reason));
        return AllCan(group, gpu is not null, library?.Version, reason, notice) ? new NcclGroup(group, library!, gpu!) : null;
    }

    /// <summary>Whether NCCL can sum for all, as all together see it.</summary>
    /// <param name="group">The processes: all call this.</param>
    /// <param name="hasGpu">Whether this one computes on a GPU.</param>
    /// <param name="version">Its NCCL's; null: it has none.</param>
    /// <param name="reason">Why it has none.</param>
    /// <param name="notice">Is told what keeps them from it.</param>
    internal static bool AllCan(IProcessGroup group, bool hasGpu, Version? version, string reason, Action<string> notice)
    {
        string[] all = group.GatherTexts($"{hasGpu}\n{version}\n{Environment.MachineName}\n{reason}");
        string[][] said = [.. all.Select(text => text.Split('\n', 4))];
        int other = Array.FindIndex(said, one => one[0] != said[0][0]);
        if (other >= 0)
        {
            (int with, int without) = hasGpuAt(0) ? (0, other) : (other, 0);
            throw new InputException($"process {with} on {said[with][2]} computes on a GPU and process {without} on {said[without][2]} on the processor: give all the same `Device`, cuda or cpu").Agreed();
        }
        if (!hasGpu)
            return false;
        int missing = Array.FindIndex(said, one => one[1] == "");
        if (missing >= 0)
        {
            notice($"gradients go through the hosts' memory, which is slow: process {missing} on {said[missing][2]} has {said[missing][3]}");
            return false;
        }
        int different = Array.FindIndex(said, one => one[1] != said[0][1]);
        return different < 0 ? true
            : throw new InputException($"process {different} on {said[different][2]} has NCCL {said[different][1]}, process 0 on {said[0][2]} has {said[0][1]}: install the same on all").Agreed();

        bool hasGpuAt(int rank) => said[rank][0] == bool.TrueString;
    }

    /// <summary>Begins to add up what all processes' GPUs hold in a tensor, beside the work that the GPU is asked for from now on.</summary>
    /// <param name="tensor">On the GPU, of one shape everywhere; overwritten with the sum.</param>
    public void Sum(Tensor tensor) => _communicator.Sum((ulong)tensor.Address, tensor.Count, TypeOf(tensor.DType));

    /// <summary>Waits for all sums.</summary>
    /// <exception cref="RunException">One cannot be had: another process is gone.</exception>
    public void Wait() => _communicator.Wait();

    /// <inheritdoc/>
    public void Exchange(ReadOnlySpan<Transfer> sends, ReadOnlySpan<Transfer> receives) => _group.Exchange(sends, receives);

    /// <inheritdoc/>
    public void Abort(int exitCode) => _group.Abort(exitCode);

    /// <inheritdoc/>
    public void Dispose() => _communicator.Dispose();

    private static NcclType TypeOf(DType type) => type switch
    {
        DType.Float32 => NcclType.Float32,
        DType.Float64 => NcclType.Float64,
        DType.BFloat16 => NcclType.BFloat16,
        _ => throw new ArgumentException($"{type} is not summed between GPUs"),
    };
}
