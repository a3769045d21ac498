using BareBert.Kernels;

namespace BareBert.Autograd;

/// <summary>What a parameter set is made of.</summary>
/// <param name="Name">Unique within the set.</param>
/// <param name="Shape">The parameter's shape.</param>
/// <param name="Group">Parameters of one group lie side by side: those with and those without weight decay, say.</param>
/// <param name="IsTrained">False: frozen, without gradient and moments.</param>
public readonly record struct ParameterSlot(string Name, Shape Shape, int Group = 0, bool IsTrained = true)
{
    /// <summary>Of a frozen one: where its values lie already, in memory of the device's kind that outlives the set; 0: the set has memory for it.</summary>
    public nint Address { get; init; }
}

/// <summary>
/// All parameters of a model in flat ranges: values, gradients and Adam's two moments each lie in one, group after group,
/// so that AdamW, clipping and saving are single passes over memory. Frozen parameters have values only.
/// </summary>
public sealed class ParameterSet : IDisposable
{
    // Parameters start on a cache line; the floats between them are zero and stay zero.
    private const int Alignment = 16;

    private readonly Dictionary<string, Parameter> _byName = [];
    private readonly List<(int Group, long Start, long Count)> _groups = [];
    private readonly IKernels _kernels;
    private readonly Arena _arena;
    private Tensor _moments1, _moments2;

    /// <summary>Allocates parameters, all zero.</summary>
    public ParameterSet(IKernels kernels, IReadOnlyList<ParameterSlot> specs)
    {
        (_kernels, _arena) = (kernels, new Arena(kernels.Memory));
        ParameterSlot[] trained = [.. specs.Where(s => s.IsTrained).OrderBy(s => s.Group)];
        long count = trained.Sum(s => Padded(s.Shape)), frozen = specs.Where(s => !s.IsTrained && s.Address == 0).Sum(s => Padded(s.Shape));
        Values = Flat(kernels, count);
        Grads = Flat(kernels, count);
        LayOut(trained);
        AddFrozen([.. specs.Where(s => !s.IsTrained)], Flat(kernels, frozen));
        All = [.. specs.Select(s => _byName[s.Name])];
    }

    /// <summary>In the order of the specifications.</summary>
    public IReadOnlyList<Parameter> All { get; }

    /// <summary>[n], the trained parameters' values.</summary>
    public Tensor Values { get; }

    /// <summary>[n], their gradients.</summary>
    public Tensor Grads { get; }

    /// <summary>[n], Adam's first moments; there from when they are first asked for: of several processes each may keep its part alone elsewhere.</summary>
    public Tensor Moments1 => Kept(ref _moments1);

    /// <summary>[n], Adam's second moments; as the first.</summary>
    public Tensor Moments2 => Kept(ref _moments2);

    /// <summary>Each group's range in the flat tensors.</summary>
    public IReadOnlyList<(int Group, long Start, long Count)> Groups => _groups;

    /// <summary>The parameter of that name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public Parameter this[string name] => _byName.TryGetValue(name, out Parameter? parameter) ? parameter
        : throw new KeyNotFoundException($"the model has no parameter {name}");

    /// <summary>Whether there is a parameter of that name.</summary>
    public bool Contains(string name) => _byName.ContainsKey(name);

    /// <inheritdoc/>
    public void Dispose() => _arena.Dispose();

    private void LayOut(ParameterSlot[] trained)
    {
        long start = 0;
        foreach (ParameterSlot spec in trained)
        {
            _byName.Add(spec.Name, new Parameter(spec.Name, Values.Slice(start, spec.Shape), Grads.Slice(start, spec.Shape)));
            if (_groups.Count == 0 || _groups[^1].Group != spec.Group)
                _groups.Add((spec.Group, start, 0));
            start += Padded(spec.Shape);
            _groups[^1] = _groups[^1] with { Count = start - _groups[^1].Start };
        }
    }

    private void AddFrozen(ParameterSlot[] frozen, Tensor values)
    {
        long start = 0;
        foreach (ParameterSlot spec in frozen)
        {
            bool isElsewhere = spec.Address != 0;
            _byName.Add(spec.Name, new Parameter(spec.Name, isElsewhere ? _arena.Over(spec.Address, spec.Shape, values.DType) : values.Slice(start, spec.Shape), default));
            start += isElsewhere ? 0 : Padded(spec.Shape);
        }
    }

    private Tensor Kept(ref Tensor moments)
    {
        if (moments.IsNone)
            moments = Flat(_kernels, Values.Count);
        return moments;
    }

    private Tensor Flat(IKernels kernels, long count) => _arena.Zeros(new Shape(checked((int)count)), kernels.ElementType);

    private static long Padded(Shape shape) => (shape.Count + Alignment - 1) / Alignment * Alignment;
}
