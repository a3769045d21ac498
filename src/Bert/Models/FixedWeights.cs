using BareBert.Autograd;
using BareBert.Kernels;

namespace BareBert.Bert.Models;

/// <summary>The encoder's weights of a model that is used and not trained, made ready for that: packed, or quantised.</summary>
/// <param name="areInt8">Whether they are multiplied in 8 bits.</param>
internal sealed class FixedWeights(bool areInt8) : IDisposable
{
    private readonly List<(string Name, PackedWeight Weight)> _packed = [];
    private readonly List<(string Name, Lazy<Int8Weight> Weight)> _int8 = [];

    /// <summary>The linear layer of a weight.</summary>
    public IProjection ProjectionOf(Parameter weight, Parameter bias) =>
        areInt8 ? new Int8Projection(this, weight, bias, Outputs.Of(weight)) : new FixedProjection(this, weight, bias, Outputs.Of(weight));

    /// <summary>Some outputs of a weight, packed as they come to be used.</summary>
    public PackedWeight Packed(Parameter weight, Outputs outputs)
    {
        var packed = new PackedWeight(weight.Value.RowSlice(outputs.First, outputs.Count));
        _packed.Add((weight.Name, packed));
        return packed;
    }

    /// <summary>Some outputs of a weight, quantised as they come to be used.</summary>
    public Lazy<Int8Weight> Quantized(Parameter weight, Outputs outputs)
    {
        var quantized = new Lazy<Int8Weight>(() => new Int8Weight(
            weight.Value.RowSlice(outputs.First, outputs.Count).Span<float>(), outputs.Count, weight.Shape[1], NeedsFineInput(weight.Name)));
        _int8.Add((weight.Name, quantized));
        return quantized;
    }

    /// <summary>A weight has been set: what was made of it is wrong.</summary>
    /// <exception cref="InvalidOperationException">It is in 8 bits and in use.</exception>
    public void OnSet(string name)
    {
        foreach ((_, PackedWeight packed) in _packed.Where(of => of.Name == name))
            packed.Repack();
        if (_int8.Exists(of => of.Name == name && of.Weight.IsValueCreated))
            throw new InvalidOperationException($"{name} is used in 8 bits and cannot be set any more");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((_, PackedWeight weight) in _packed)
            weight.Dispose();
        foreach ((_, Lazy<Int8Weight> weight) in _int8.Where(of => of.Weight.IsValueCreated))
            weight.Value.Dispose();
    }

    // Whether what a weight is multiplied by needs more than 8 bits. More of the error than all other inputs make is theirs: softmax makes much of a small difference of two scores (docs/inference.md).
    private static bool NeedsFineInput(string name) => name.EndsWith(".attention.qkv.weight", StringComparison.Ordinal);
}
