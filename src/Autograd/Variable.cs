namespace BareBert.Autograd;

/// <summary>A value in a computation and, when backward has passed it, the gradient of the loss with respect to it.</summary>
public class Variable
{
    /// <summary>A leaf: a value that no op computed.</summary>
    /// <param name="value">The numbers.</param>
    /// <param name="requiresGrad">Whether a gradient is wanted.</param>
    public Variable(Tensor value, bool requiresGrad = false) => (Value, RequiresGrad) = (value, requiresGrad);

    internal Variable() { }

    /// <summary>The numbers.</summary>
    public Tensor Value { get; internal set; }

    /// <summary>dLoss/dValue, of the same shape; no tensor until backward needs one.</summary>
    public Tensor Grad { get; internal set; }

    /// <summary>Whether backward computes <see cref="Grad"/>. An op's output requires it when one of its inputs does.</summary>
    public bool RequiresGrad { get; internal set; }

    /// <summary>The value's shape.</summary>
    public Shape Shape => Value.Shape;
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
