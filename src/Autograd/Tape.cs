using BareBert.Kernels;

namespace BareBert.Autograd;

/// <summary>
/// Reverse-mode automatic differentiation: ops in the order of their execution. Backward is that list from its end.
/// </summary>
/// <remarks>
/// One tape serves a whole run: <see cref="Begin"/> starts a step and the scope that it returns ends it, giving all the
/// step's tensors back at once. Op objects are used again, so a step allocates next to nothing on the managed heap after the
/// first: small arrays of what is uploaded. Not thread-safe.
/// </remarks>
public sealed class Tape(IKernels kernels) : IDisposable
{
    private readonly List<Op> _ops = [];
    private readonly List<Op> _used = [];
    private readonly List<Variable> _withGrad = []; // theirs end with the step
    private readonly Dictionary<Type, Stack<Op>> _spare = [];
    private readonly ValueWatch _watch = new();
    private readonly CompletionOrder _order = new();
    private bool _isWatched; // backward is under way, and told of
    private TapeMode _mode;
    private uint _dropouts;

    /// <summary>The device that computes.</summary>
    public IKernels Kernels { get; } = kernels;

    /// <summary>Where the step's tensors lie.</summary>
    public Arena Arena { get; } = new(kernels.Memory);

    /// <summary>True when ops are recorded and dropout drops.</summary>
    public bool IsTraining => _mode.IsTraining;

    /// <summary>The ops recorded so far, in the order of execution.</summary>
    public IReadOnlyList<Op> Ops => _ops;

    /// <summary>Is told during <see cref="Backward"/> of gradients that are complete; null: nobody is.</summary>
    public IGradientWatch? Watch { get; set; }

    /// <summary>Starts a step; disposing of the scope ends it and resets the arena.</summary>
    public Scope Begin(TapeMode mode)
    {
        (_mode, _dropouts) = (mode, 0);
        return new Scope(this);
    }

    /// <summary>A leaf of the step holding a copy of <paramref name="values"/>: token ids, offsets, labels.</summary>
    public Tensor Upload(ReadOnlySpan<int> values) => Arena.Upload(new Shape(values.Length), values);

    /// <summary>A leaf of the step holding a copy of numbers that no gradient is asked of, in the device's element type.</summary>
    public Variable Constant(Shape shape, float[] values) => new(Kernels.ElementType == DType.Float64
        ? Arena.Upload<double>(shape, Array.ConvertAll(values, x => (double)x)) : Arena.Upload<float>(shape, values));

    /// <summary>
    /// The mask of the step's next dropout; none in evaluation. Dropouts are counted, so that the n-th of a step is the
    /// same one in every run.
    /// </summary>
    /// <param name="rate">Share of elements dropped.</param>
    /// <param name="firstRow">The rows that earlier parts of the same batch had: see <see cref="DropoutMask"/>.</param>
    public DropoutMask NextDropout(double rate, int firstRow = 0)
    {
        uint op = _dropouts++;
        return IsTraining && _mode.Drops && rate > 0 ? new DropoutMask(rate, _mode.Seed, _mode.Step, op, (uint)firstRow) : DropoutMask.None;
    }

    /// <summary>An op object to fill: a used one of the same type where there is one, all its fields empty.</summary>
    public T Rent<T>() where T : Op, new()
    {
        T op = _spare.TryGetValue(typeof(T), out Stack<Op>? spare) && spare.TryPop(out Op? used) ? (T)used : new T();
        _used.Add(op);
        return op;
    }

    /// <summary>Puts an executed op on the tape, if backward will need it, and returns its output.</summary>
    /// <exception cref="NonFiniteException">Values are checked and the op's output has one that is not a number.</exception>
    /// <exception cref="InvalidOperationException">Overwriting is checked and the op changed another one's output without saying so.</exception>
    public Variable Record(Op op)
    {
        if (_mode.CheckOverwriting)
        {
            _watch.Require(op);
            _watch.Add(op);
        }
        if (_mode.CheckFinite)
            FiniteCheck.Require(op.Output.Value, op.Name, "output");
        if (op.Output.RequiresGrad)
            _ops.Add(op);
        return op.Output;
    }

    /// <summary>
    /// Says that nobody will read a value again: where nothing is recorded the next tensor of its size takes its memory, so that a pass needs little more
    /// than its largest tensors. In training, where backward may read it, this does nothing.
    /// </summary>
    /// <param name="variable">An op's output of this step, or what such a one was given to; afterwards it has no value.</param>
    public void Release(Variable variable)
    {
        if (IsTraining || _mode.CheckOverwriting)
            return;
        Tensor value = variable.Take();
        if (!value.IsNone)
            Arena.Recycle(value);
    }

    /// <summary>Where to add a variable's gradient: no tensor when none is wanted, zeros the first time.</summary>
    public Tensor GradOf(Variable variable)
    {
        Tensor grad = GradOf(variable, out bool isNew);
        if (isNew)
            grad.Zero();
        return grad;
    }

    /// <summary>The same for an op that can also overwrite: a step's gradients are many, and most have one source or a first one that writes all of it.</summary>
    /// <param name="variable">Whose gradient.</param>
    /// <param name="isNew">Nothing has been added yet and the contents are undefined: the op overwrites every element.</param>
    public Tensor GradOf(Variable variable, out bool isNew)
    {
        isNew = false;
        if (!variable.RequiresGrad)
            return default;
        if (_isWatched)
            _order.RequireIncomplete(variable);
        isNew = variable.Grad.IsNone;
        if (isNew)
        {
            variable.Grad = Arena.Allocate(variable.Shape, Kernels.ElementType);
            _withGrad.Add(variable);
        }
        return variable.Grad;
    }

    /// <summary>
    /// Computes the gradient of the sum of the step's losses with respect to every variable that requires one. Losses are
    /// roots: they know their own gradient.
    /// </summary>
    public void Backward()
    {
        if (Watch is not null)
            _order.Begin(_ops, Watch);
        _isWatched = Watch is not null;
        for (int i = _ops.Count - 1; i >= 0; i--)
        {
            Op op = _ops[i];
            if (_mode.CheckFinite && !op.Output.Grad.IsNone)
                FiniteCheck.Require(op.Output.Grad, op.Name, "gradient");
            if (op.IsRoot || !op.Output.Grad.IsNone) // an output that no loss depends on has no gradient to pass on
                op.Backward(this);
            if (_mode.CheckOverwriting)
            {
                _watch.Require(op);
                _watch.Forget(op);
            }
            if (!_mode.KeepTensors)
                op.Release(Arena);
            if (_isWatched)
                _order.Passed(i, Watch!);
        }
        _isWatched = false;
        _ops.Clear();
    }

    /// <inheritdoc/>
    public void Dispose() => Arena.Dispose();

    private void End()
    {
        foreach (Op op in _used)
        {
            op.Clear();
            OpFields.Clear(op);
            if (!_spare.TryGetValue(op.GetType(), out Stack<Op>? spare))
                _spare[op.GetType()] = spare = new Stack<Op>();
            spare.Push(op);
        }
        foreach (Variable variable in _withGrad)
            variable.Grad = default;
        _withGrad.Clear();
        _isWatched = false;
        _watch.Clear();
        _ops.Clear();
        _used.Clear();
        Arena.Reset();
    }

    /// <summary>A step under way.</summary>
    public readonly struct Scope(Tape tape) : IDisposable
    {
        /// <summary>Ends the step: all its tensors are given back.</summary>
        public void Dispose() => tape.End();
    }
}

/// <summary>How a tape treats a step.</summary>
/// <param name="IsTraining">Ops are recorded and dropout drops.</param>
/// <param name="Seed">The run's seed, for dropout.</param>
/// <param name="Step">The optimizer step, for dropout.</param>
/// <param name="CheckFinite">Stop at the first op whose output or gradient holds NaN or infinity. Slow: to find a culprit.</param>
/// <param name="CheckOverwriting">Stop at the first op that changes another one's output without <see cref="Op.Overwrite"/>. Slow: for tests of ops.</param>
/// <param name="Drops">Whether dropout drops where ops are recorded.</param>
/// <param name="KeepTensors">Do not reuse memory within the step, so that every gradient can be read after backward.</param>
public readonly record struct TapeMode(
    bool IsTraining, ulong Seed = 0, uint Step = 0, bool CheckFinite = false, bool CheckOverwriting = false, bool Drops = true, bool KeepTensors = false)
{
    /// <summary>Nothing is recorded, nothing dropped.</summary>
    public static TapeMode Evaluation => default;

    /// <summary>For gradients of a model as it is used: ops are recorded, nothing is dropped.</summary>
    public static TapeMode Gradients => new(true, Drops: false);

    /// <summary>A training step.</summary>
    public static TapeMode Training(ulong seed, uint step) => new(true, seed, step);
}
