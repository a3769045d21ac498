using System.Text.Json.Nodes;
using BareBert.Autograd;
using BareBert.Kernels;

namespace BareBert.Bert.Tasks;

/// <summary>How several processes begin a run: who opens what when, how a batch is shared out, and that all have the same.</summary>
internal static class ProcessStart
{
    // Options that may differ between hosts: places, and what only a host's own work depends on.
    private static readonly string[] Local = ["data", "validation", "test", "model", "vocab", "cache", "device", "threads"];

    /// <summary>Opens a run in all processes: the first makes folder and caches; then one on each other machine, which may have no cache yet; then the rest.</summary>
    /// <param name="group">The processes.</param>
    /// <param name="layout">Where they are.</param>
    /// <param name="open">Opens the run; given the folder that the first process has opened, in the others.</param>
    /// <exception cref="InputException">One could not: all say what the first of these did.</exception>
    public static TrainingRun Open(IProcessGroup group, HostLayout layout, Func<string?, TrainingRun> open)
    {
        if (group.Size == 1)
            return open(null);
        TrainingRun? run = null;
        string? path = null;
        int turn = group.Rank == 0 ? 0 : layout.LocalRank == 0 ? 1 : 2;
        try
        {
            for (int now = 0; now < 3; now++)
            {
                string[] paths = group.Turn(_ => now == turn, () => (run = open(path)).Run.Path);
                path ??= paths[0];
            }
            return run!;
        }
        catch
        {
            run?.Dispose();
            throw;
        }
    }

    /// <summary>Throws where the processes are not of the same program: before they do anything together, which another one might do in another order.</summary>
    /// <exception cref="InputException">One is of another than process 0.</exception>
    public static void RequireSameProgram(IProcessGroup group)
    {
        Type[] program = [typeof(Tensor), typeof(Simt.SimtKernel), typeof(IKernels), typeof(Tape), typeof(BertModel)];
        Fingerprints.Require(group, [("a program", string.Join(' ', program.Select(type => type.Module.ModuleVersionId)))]);
    }

    /// <summary>Throws where the processes do not have the same options, data, vocabulary and weights.</summary>
    /// <exception cref="InputException">One has others than process 0.</exception>
    public static void RequireSame(IProcessGroup group, JsonObject description, TrainingRun run)
    {
        if (group.Size == 1)
            return;
        var options = (JsonObject)description["options"]!.DeepClone();
        foreach (string name in Local)
            options.Remove(name);
        Fingerprints.Require(group,
        [
            ("options", options.ToJsonString()),
            ("data", description["data"]?.ToJsonString() ?? ""),
            ("a vocabulary", TokenizerFingerprint.Of(run.Tokenizer)),
            ("weights", Hash(run.Parameters.Values)),
        ]);
    }

    private static string Hash(Tensor values) => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(
        values.DType == DType.Float64 ? System.Runtime.InteropServices.MemoryMarshal.AsBytes<double>(values.ToArray<double>())
            : System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(values.ToArray<float>())));
}
