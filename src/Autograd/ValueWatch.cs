using System.Runtime.InteropServices;

namespace BareBert.Autograd;

/// <summary>Copies of what a step's ops computed, to notice who changes them without a word.</summary>
internal sealed class ValueWatch
{
    private readonly List<(Op Op, byte[] Bytes)> _watched = [];

    /// <summary>From now on the op's output must stay as it is, unless it is given to another op to overwrite.</summary>
    public void Add(Op op) => _watched.Add((op, Bytes(op.Output.Value)));

    /// <summary>The op's tensors have been given back: others may lie there.</summary>
    public void Forget(Op op) => _watched.RemoveAll(watched => watched.Op == op);

    /// <summary>Forgets all.</summary>
    public void Clear() => _watched.Clear();

    /// <summary>Compares.</summary>
    /// <param name="suspect">What ran since the last time.</param>
    /// <exception cref="InvalidOperationException">An output is not what it was.</exception>
    public void Require(Op suspect)
    {
        foreach ((Op op, byte[] bytes) in _watched)
        {
            if (!op.Output.IsOverwritten && !bytes.AsSpan().SequenceEqual(Bytes(op.Output.Value)))
                throw new InvalidOperationException($"{suspect.Name} changed the output of {op.Name}: an op that overwrites an input takes it with Overwrite");
        }
    }

    private static byte[] Bytes(Tensor tensor) => tensor.DType switch
    {
        DType.Float64 => MemoryMarshal.AsBytes<double>(tensor.ToArray<double>()).ToArray(),
        DType.Float32 => MemoryMarshal.AsBytes<float>(tensor.ToArray<float>()).ToArray(),
        _ => MemoryMarshal.AsBytes<int>(tensor.ToArray<int>()).ToArray(),
    };
}
