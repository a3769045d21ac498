using System.Collections.Concurrent;
using System.Reflection;

namespace BareBert.Simt;

/// <summary>How kernels are compiled.</summary>
public sealed record CompilerOptions
{
    /// <summary>The oldest chip the PTX runs on; newer ones take it too.</summary>
    public string Target { get; init; } = "sm_80";

    /// <summary>Whether a·b + c becomes one fused multiply-add. .NET never does that on its own, so results may differ in the last bit.</summary>
    public bool ContractMultiplyAdd { get; init; } = true;

    /// <summary>A loop is unrolled if it has at most this many rounds …</summary>
    public int MaxUnrolledRounds { get; init; } = 64;

    /// <summary>… and they take at most this many instructions together.</summary>
    public int MaxUnrolledInstructions { get; init; } = 16384;

    /// <summary>Method bodies read so far.</summary>
    internal ConcurrentDictionary<MethodBase, MethodCode> Codes { get; } = new();
}
