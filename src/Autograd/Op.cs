namespace BareBert.Autograd;

/// <summary>
/// One differentiable operation of a tape: the tensors that its backward pass needs, as fields, and that pass. Its static
/// <c>Apply</c> beside it allocates the output, calls the kernel and records. Objects are used again, their fields emptied between.
/// </summary>
public abstract class Op
{
    private readonly List<Tensor> _owned = [];

    /// <summary>What the op computed.</summary>
    public Variable Output { get; } = new();

    /// <summary>For messages and profiles: the op, and the parameter it works with where there is one.</summary>
    public virtual string Name => GetType().Name;

    /// <summary>True for a loss: backward starts there, so it needs no gradient of its output.</summary>
    public virtual bool IsRoot => false;

    /// <summary>Adds to the inputs' gradients; <see cref="Output"/>'s gradient is complete when it is called.</summary>
    public abstract void Backward(Tape tape);

    /// <summary>A tensor that lives until the op's backward pass is done.</summary>
    protected internal Tensor Save(Tape tape, Shape shape, DType type)
    {
        Tensor tensor = tape.Arena.Allocate(shape, type);
        _owned.Add(tensor);
        return tensor;
    }

    /// <summary>As the other one, of the device's element type.</summary>
    protected internal Tensor Save(Tape tape, Shape shape) => Save(tape, shape, tape.Kernels.ElementType);

    /// <summary>Allocates the output, whose gradient is wanted when one of the inputs' is.</summary>
    protected internal Tensor NewOutput(Tape tape, Shape shape, bool requiresGrad)
    {
        Output.Value = Save(tape, shape);
        Output.RequiresGrad = requiresGrad && tape.IsTraining;
        return Output.Value;
    }

    /// <summary>
    /// An input's memory, to write something else over it: its last reader may. Whoever reads the input's value afterwards, its own op's
    /// backward pass too, gets an exception.
    /// </summary>
    protected internal Tensor Overwrite(Variable input) => input.GiveTo(this);

    // Backward has passed: nobody reads the op's tensors any more, and an earlier op's gradients can lie where they were.
    internal void Release(Arena arena)
    {
        foreach (Tensor tensor in _owned)
            arena.Recycle(tensor);
        if (!Output.Grad.IsNone)
            arena.Recycle(Output.Grad);
        Clear();
    }

    internal void Clear()
    {
        _owned.Clear();
        (Output.Value, Output.Grad) = (default, default);
    }
}
