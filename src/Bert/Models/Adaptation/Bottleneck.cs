using BareBert.Autograd;
using BareBert.Autograd.Ops;
using BareBert.Kernels;

namespace BareBert.Bert.Models;

/// <summary>Where a layer gets bottleneck adapters.</summary>
public enum AdapterStyle
{
    /// <summary>After attention and after the feed-forward layer; LayerNorms learn too. Houlsby et al. 2019, arXiv:1902.00751.</summary>
    Houlsby,

    /// <summary>After the feed-forward layer alone. Pfeiffer et al. 2021, arXiv:2005.00247.</summary>
    Pfeiffer,
}

/// <summary>
/// Bottleneck adapters: h + up(gelu(down(h))) on the output of a sub-layer, before its residual connection and LayerNorm.
/// </summary>
/// <remarks>Up starts at zero, so the model starts as it was (the paper: near the identity).</remarks>
public sealed record BottleneckAdaptation : Adaptation
{
    /// <summary>Width of the bottleneck.</summary>
    public required int Size { get; init; }

    /// <summary>Where the adapters are.</summary>
    public AdapterStyle Style { get; init; }

    /// <inheritdoc/>
    public override IReadOnlyList<ParameterSpec> ParametersOf(ParameterLayout layout) =>
        [.. layout.Parameters.Where(p => IsProjection(p) && HasAdapter(p.Name[..^".weight".Length])).SelectMany(Specs)];

    /// <inheritdoc/>
    public override IProjection Wrap(IProjection plain, string name, ParameterSet parameters) => !HasAdapter(name) ? plain
        : new BottleneckProjection(plain,
            parameters[$"{name}.adapter.down.weight"], parameters[$"{name}.adapter.down.bias"],
            parameters[$"{name}.adapter.up.weight"], parameters[$"{name}.adapter.up.bias"]);

    /// <inheritdoc/>
    public override bool Trains(ParameterSpec parameter) => base.Trains(parameter)
        || (Style == AdapterStyle.Houlsby && parameter.Layer >= 0 && parameter.Name.Contains(".norm.", StringComparison.Ordinal));

    /// <inheritdoc/>
    public override bool CanMerge => false;

    /// <inheritdoc/>
    public override void MergeInto(ParameterSpec weight, Span<float> values, ParameterSet parameters) =>
        throw new InputException("bottleneck adapters cannot be merged into the weights: they are layers of their own; use the model as it is");

    private bool HasAdapter(string name) => name.EndsWith(".ffn.out", StringComparison.Ordinal)
        || (Style == AdapterStyle.Houlsby && name.EndsWith(".attention.output", StringComparison.Ordinal));

    private IEnumerable<ParameterSpec> Specs(ParameterSpec weight)
    {
        int width = weight.Shape[0];
        string stem = weight.Name[..^"weight".Length] + "adapter.", file = $"{FilePrefix}{LowRankAdaptation.ModuleOf(weight.Pieces[0])}.adapter.";
        ParameterSpec Spec(string name, int[] shape, InitKind init) =>
            new(stem + name, shape, init, Decays: shape.Length == 2, [new TensorPiece(file + name, shape, 0, [])]) { IsAdded = true };
        yield return Spec("down.weight", [Size, width], InitKind.Normal);
        yield return Spec("down.bias", [Size], InitKind.Zeros);
        yield return Spec("up.weight", [width, Size], InitKind.Zeros);
        yield return Spec("up.bias", [width], InitKind.Zeros);
    }
}

/// <summary>A linear layer with an adapter behind it.</summary>
internal sealed class BottleneckProjection(IProjection plain, Parameter down, Parameter downBias, Parameter up, Parameter upBias) : IProjection
{
    /// <inheritdoc/>
    public Variable Apply(Tape tape, Variable x, Activation activation, int firstToken)
    {
        Variable h = plain.Apply(tape, x, activation, firstToken);
        Variable narrow = Linear.Apply(tape, h, down, downBias, Activation.Gelu);
        return Add.Apply(tape, h, Linear.Apply(tape, narrow, up, upBias));
    }

    /// <inheritdoc/>
    public IProjection? Part(int first, int count, int parts) => null; // the adapter reads all outputs
}
