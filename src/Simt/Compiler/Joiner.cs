namespace BareBert.Simt;

/// <summary>Brings together what the edges into a block carry: what differs gets a register that each edge sets on its way.</summary>
internal sealed class Joiner(Emitter emitter, Numbers numbers, Memory memory, IReadOnlyList<Place> places)
{
    /// <summary>Makes <paramref name="edges"/> arrive at one block, which becomes the current one.</summary>
    public (State State, Value[] Stack) Join(List<PendingEdge> edges)
    {
        if (edges is [{ From.Terminator: Jump } only])
        {
            // A single way in: go on in the same block.
            only.From.Terminator = null;
            emitter.Current = only.From;
            return (only.State, only.Stack);
        }
        emitter.Current = emitter.NewBlock();
        foreach (PendingEdge edge in edges)
            edge.Edge.Target = emitter.Current;
        if (edges.Count == 1)
            return (edges[0].State, edges[0].Stack);

        PtxBlock here = emitter.Current;
        State state = edges[0].State.Copy();
        int count = edges.Max(edge => edge.State.Count);
        for (int id = 0; id < count; id++)
        {
            Value? first = edges[0].State[id];
            if (edges.TrueForAll(edge => Equals(edge.State[id], first)))
                continue;
            state[id] = edges.Exists(edge => edge.State[id] is null) ? null
                : Merge([.. edges.Select(edge => (edge, edge.State[id]!))], places[id].Type);
        }
        var stack = new Value[edges[0].Stack.Length];
        for (int i = 0; i < stack.Length; i++)
            stack[i] = Merge([.. edges.Select(edge => (edge, edge.Stack[i]))], null);
        emitter.Current = here;
        return (state, stack);
    }

    /// <summary>One value for all: the common one, or a register that each edge fills. The type is the variable's, if there is one.</summary>
    private Value Merge((PendingEdge Edge, Value Value)[] incoming, Type? type)
    {
        Value first = incoming[0].Value;
        if (Array.TrueForAll(incoming, item => item.Value.Equals(first)))
            return first;
        if (incoming.FirstOrDefault(item => item.Value is Unusable { Reason: not Undefined }).Value is { } unusable)
            return unusable;
        // Where a value is undefined any will do; zero keeps it from differing between runs.
        if (Array.Find(incoming, item => item.Value is not Unusable).Value is { } sample)
            incoming = [.. incoming.Select(item => item.Value is Unusable ? (item.Edge, ZeroLike(sample)) : item)];
        first = incoming[0].Value;
        if (Array.TrueForAll(incoming, item => item.Value is Aggregate))
            return MergeFields(incoming, ((Aggregate)first).Type);
        if (Array.TrueForAll(incoming, item => item.Value is Pointer))
            return MergePointers(incoming);
        if (Array.TrueForAll(incoming, item => item.Value is Scalar or Condition))
            return MergeScalars(incoming, type);
        return new Unusable("a reference that may mean different variables, depending on the way control took: "
            + "the compiler must know which one it is");
    }

    /// <summary>The reason given for what was declared but not yet written.</summary>
    public const string Undefined = "it is read before it is written";

    private static Value ZeroLike(Value sample) => sample switch
    {
        Scalar scalar => Constant.Zero(scalar.Type),
        Aggregate aggregate => new Aggregate(aggregate.Type, [.. aggregate.Fields.Select(ZeroLike)]),
        Condition => Constant.Of(0),
        _ => sample,
    };

    private Aggregate MergeFields((PendingEdge Edge, Value Value)[] incoming, Type type)
    {
        int count = ((Aggregate)incoming[0].Value).Fields.Length;
        FieldLayout[] fields = TypeLayout.Of(type).Fields;
        return new Aggregate(type, [.. Enumerable.Range(0, count).Select(i =>
            Merge([.. incoming.Select(item => (item.Edge, ((Aggregate)item.Value).Fields[i]))], fields[i].Type))]);
    }

    private Value MergePointers((PendingEdge Edge, Value Value)[] incoming)
    {
        var pointer = (Pointer)incoming[0].Value;
        if (!Array.TrueForAll(incoming, item => ((Pointer)item.Value).Space == pointer.Space))
            return new Unusable("a view or reference that may lie in different address spaces, depending on the way control took");
        Register joined = emitter.NewRegister(pointer.Base.Type);
        foreach (var (edge, value) in incoming)
            edge.Edge.Moves.Add((joined, In(edge.From, () => memory.Address((Pointer)value))));
        return new Pointer(pointer.Space, joined, 0);
    }

    private Value MergeScalars((PendingEdge Edge, Value Value)[] incoming, Type? type)
    {
        PtxType register = type is not null && TypeLayout.Of(type).IsScalar
            ? TypeLayout.Of(type).Register
            : incoming.Select(item => (item.Value as Scalar)?.Type ?? PtxType.Int32).Max();
        Scalar[] sources = [.. incoming.Select(item => In(item.Edge.From, () => Fit(item.Value, register)))];
        Register joined = emitter.NewRegister(register, CommonRange(sources));
        for (int i = 0; i < sources.Length; i++)
            incoming[i].Edge.Edge.Moves.Add((joined, sources[i]));
        return joined;
    }

    private Scalar Fit(Value value, PtxType type)
    {
        Scalar scalar = numbers.ToScalar(value);
        return scalar.Type == type ? scalar : numbers.Convert(scalar, type switch
        {
            PtxType.Int32 => TypeCode.Int32,
            PtxType.Int64 => TypeCode.Int64,
            PtxType.Float32 => TypeCode.Single,
            _ => TypeCode.Double,
        });
    }

    private static TypeCode CommonRange(Scalar[] sources)
    {
        TypeCode? range = null;
        foreach (Scalar source in sources)
        {
            TypeCode own = source switch
            {
                Register register => register.Range,
                Constant { Bits: 0 or 1 } => TypeCode.Boolean,
                _ => TypeCode.Empty,
            };
            if (range is not null && range != own)
                return TypeCode.Empty;
            range = own;
        }
        return range ?? TypeCode.Empty;
    }

    private T In<T>(PtxBlock block, Func<T> emit)
    {
        PtxBlock saved = emitter.Current;
        emitter.Current = block;
        T result = emit();
        emitter.Current = saved;
        return result;
    }

    /// <summary>Fresh registers of the same shape as <paramref name="value"/>, for a loop to change from round to round.</summary>
    public Value LoopRegisters(Value value, Type type) => value switch
    {
        Pointer pointer => new Pointer(pointer.Space, emitter.NewRegister(pointer.Base.Type), 0),
        Aggregate aggregate => new Aggregate(aggregate.Type, [.. aggregate.Fields.Select((field, i) =>
            LoopRegisters(field, TypeLayout.Of(aggregate.Type).Fields[i].Type))]),
        Scalar or Condition => emitter.NewRegister(TypeLayout.Of(type).IsScalar ? TypeLayout.Of(type).Register : ((Scalar)value).Type),
        Unusable { Reason: Undefined } when TypeLayout.Of(type) is { IsScalar: true } layout => emitter.NewRegister(layout.Register),
        Unusable { Reason: Undefined } when TypeLayout.IsStruct(type) && !TypeLayout.Of(type).IsView => new Aggregate(type,
            [.. TypeLayout.Of(type).Fields.Select(field => LoopRegisters(value, field.Type))]),
        Unusable => value,
        _ => new Unusable("a reference that changes from one round of a loop to the next: the compiler must know which variable it means"),
    };

    /// <summary>Has <paramref name="edge"/> set the loop's registers; false if what it carries has another shape.</summary>
    public bool TrySet(PendingEdge edge, Value registers, Value value)
    {
        switch (registers, value)
        {
            case (Register register, Scalar or Condition):
                edge.Edge.Moves.Add((register, In(edge.From, () => Fit(value, register.Type))));
                return true;
            case (Register register, Unusable { Reason: Undefined }):
                edge.Edge.Moves.Add((register, Constant.Zero(register.Type)));
                return true;
            case (Pointer to, Pointer from) when to.Space == from.Space:
                edge.Edge.Moves.Add((to.Base, In(edge.From, () => memory.Address(from))));
                return true;
            case (Aggregate to, Aggregate from):
                return to.Fields.Zip(from.Fields).All(pair => TrySet(edge, pair.First, pair.Second));
            case (Aggregate to, Unusable { Reason: Undefined }):
                return to.Fields.All(field => TrySet(edge, field, value));
            default:
                return registers is Unusable || registers.Equals(value);
        }
    }
}
