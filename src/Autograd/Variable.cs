namespace BareBert.Autograd;

/// <summary>A value in a computation and, when backward has passed it, the gradient of the loss with respect to it.</summary>
public class Variable
{
    private Tensor _value;
    private Op? _overwriter;

    /// <summary>A leaf: a value that no op computed.</summary>
    /// <param name="value">The numbers.</param>
    /// <param name="requiresGrad">Whether a gradient is wanted.</param>
    public Variable(Tensor value, bool requiresGrad = false) => (Value, RequiresGrad) = (value, requiresGrad);

    internal Variable() { }

    /// <summary>The numbers.</summary>
    /// <exception cref="InvalidOperationException">An op has overwritten them, and this one comes too late.</exception>
    public Tensor Value
    {
        get => _overwriter is null ? _value
            : throw new InvalidOperationException($"{_overwriter.Name} overwrote a value {Shape} that is read after it: only its last reader may");
        internal set => (_value, _overwriter) = (value, null);
    }

    /// <summary>dLoss/dValue, of the same shape; no tensor until backward needs one, nor after the step.</summary>
    public Tensor Grad { get; internal set; }

    /// <summary>Whether backward computes <see cref="Grad"/>. An op's output requires it when one of its inputs does.</summary>
    public bool RequiresGrad { get; internal set; }

    /// <summary>The value's shape.</summary>
    public Shape Shape => _value.Shape;

    /// <summary>Whether an op wrote something else over the numbers.</summary>
    internal bool IsOverwritten => _overwriter is not null;

    /// <summary>The memory of the numbers, whatever was written there; from now on there are none.</summary>
    internal Tensor Take()
    {
        Tensor value = _value;
        Value = default;
        return value;
    }

    internal Tensor GiveTo(Op overwriter)
    {
        Tensor value = Value;
        _overwriter = overwriter;
        return value;
    }
}

/// <summary>A variable that training changes: its value and gradient are slices of flat ranges that outlive every step.</summary>
public sealed class Parameter : Variable
{
    internal Parameter(string name, Tensor value, Tensor grad)
        : base(value, requiresGrad: !grad.IsNone) => (Name, Grad) = (name, grad);

    /// <summary>As in "layers.0.attention.qkv.weight".</summary>
    public string Name { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Name} {Shape}";
}
