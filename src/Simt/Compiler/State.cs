namespace BareBert.Simt;

/// <summary>What every place holds at one point of the kernel. Copied where control splits.</summary>
internal sealed class State
{
    private Value?[] values;

    public State() => values = [];

    private State(Value?[] values) => this.values = values;

    public int Count => values.Length;

    /// <summary>Null: the place does not exist here (its method was left, or not yet entered).</summary>
    public Value? this[int id]
    {
        get => id < values.Length ? values[id] : null;
        set
        {
            if (id >= values.Length)
                Array.Resize(ref values, Math.Max(16, Math.Max(id + 1, values.Length * 2)));
            values[id] = value;
        }
    }

    public State Copy() => new((Value?[])values.Clone());
}

/// <summary>Control on its way to a block: from where, with what in the places and on the evaluation stack.</summary>
internal sealed record PendingEdge(PtxBlock From, PtxEdge Edge, State State, Value[] Stack);
