namespace BareBert.Simt;

/// <summary>A method being inlined: its code, its variables, and the control that is on its way inside it.</summary>
internal sealed class Frame(Frame? caller, int id, MethodCode code, Place[] arguments, Place[] locals)
{
    public Frame? Caller { get; } = caller;

    /// <summary>The same for the same chain of calls, each time control comes by.</summary>
    public int Id { get; } = id;

    public MethodCode Code { get; } = code;

    public Place[] Arguments { get; } = arguments;

    public Place[] Locals { get; } = locals;

    /// <summary>IL offset of the instruction being compiled, for messages and for keys of what it allocates.</summary>
    public int Offset { get; set; }

    /// <summary>Places made while compiling the frame, to be forgotten when it is left.</summary>
    public List<Place> Temporaries { get; } = [];

    /// <summary>Edges to blocks that have not been compiled yet.</summary>
    public Dictionary<IlBlock, List<PendingEdge>> Pending { get; } = [];

    /// <summary>Edges to the method's end, the result (if any) on their stacks.</summary>
    public List<PendingEdge> Returns { get; } = [];

    /// <summary>The loops being compiled, outermost first.</summary>
    public List<LoopContext> Loops { get; } = [];

    public int Depth => Caller is null ? 0 : Caller.Depth + 1;

    public void Send(IlBlock target, PendingEdge edge) => EdgesTo(target).Add(edge);

    public List<PendingEdge> EdgesTo(IlBlock target) => Pending.TryGetValue(target, out var edges) ? edges : Pending[target] = [];

    /// <summary>The edges to <paramref name="target"/>, which count as arrived.</summary>
    public List<PendingEdge> Take(IlBlock target)
    {
        List<PendingEdge> edges = [.. EdgesTo(target)];
        EdgesTo(target).Clear();
        return edges;
    }
}

/// <summary>A loop being unrolled or compiled.</summary>
internal sealed class LoopContext(IlLoop loop)
{
    public IlLoop Loop { get; } = loop;

    /// <summary>Whether, in this round, a test that could have left the loop was decided while compiling.</summary>
    public bool DecidedToStay { get; set; }
}
