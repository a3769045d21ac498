using BareBert.Autograd;
using BareBert.Kernels;

namespace BareBert.Bert.Models;

/// <summary>The encoder's weights of a model that is used and not trained, made ready for that: packed, or quantised.</summary>
/// <param name="areInt8">Whether they are multiplied in 8 bits.</param>
internal sealed class FixedWeights(bool areInt8) : IDisposable
{
    private readonly Dictionary<string, PackedWeight> _packed = [];
    private readonly Dictionary<string, Lazy<Int8Weight>> _int8 = [];

    /// <summary>The linear layer of a weight.</summary>
    public IProjection ProjectionOf(Parameter weight, Parameter bias)
    {
        if (!areInt8)
            return new FixedProjection(weight, _packed[weight.Name] = new PackedWeight(weight.Value), bias);
        return new Int8Projection(_int8[weight.Name] = new Lazy<Int8Weight>(() => Quantized(weight.Value)), bias, NeedsFineInput(weight.Name));
    }

    /// <summary>A weight has been set: what was made of it is wrong.</summary>
    /// <exception cref="InvalidOperationException">It is in 8 bits and in use.</exception>
    public void OnSet(string name)
    {
        if (_packed.TryGetValue(name, out PackedWeight? packed))
            packed.Repack();
        if (_int8.TryGetValue(name, out Lazy<Int8Weight>? weight) && weight.IsValueCreated)
            throw new InvalidOperationException($"{name} is used in 8 bits and cannot be set any more");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PackedWeight weight in _packed.Values)
            weight.Dispose();
        foreach (Lazy<Int8Weight> weight in _int8.Values.Where(weight => weight.IsValueCreated))
            weight.Value.Dispose();
    }

    // More of the error than all other inputs make is theirs: softmax makes much of a small difference of two scores (docs/inference.md).
    private static bool NeedsFineInput(string name) => name.EndsWith(".attention.qkv.weight", StringComparison.Ordinal);

    private static Int8Weight Quantized(Tensor weight) => new(weight.Span<float>(), weight.Rows, weight.Cols);
}
