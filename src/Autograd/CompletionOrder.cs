namespace BareBert.Autograd;

/// <summary>
/// When parameters' gradients are complete: backward goes through the ops from the last to the first, so the first op that works with a parameter
/// is the last to add to its gradient.
/// </summary>
internal sealed class CompletionOrder
{
    private readonly Dictionary<Parameter, int> _firstOps = [];
    private readonly List<List<Parameter>> _byOp = [];
    private readonly HashSet<Parameter> _complete = [];

    /// <summary>Looks through a tape, and tells the watch what to wait for.</summary>
    public void Begin(IReadOnlyList<Op> ops, IGradientWatch watch)
    {
        _firstOps.Clear();
        _complete.Clear();
        for (int i = 0; i < ops.Count; i++)
        {
            if (_byOp.Count == i)
                _byOp.Add([]);
            _byOp[i].Clear();
            foreach (Parameter parameter in OpFields.ParametersOf(ops[i]))
            {
                if (parameter.RequiresGrad && _firstOps.TryAdd(parameter, i))
                    _byOp[i].Add(parameter);
            }
        }
        watch.Begins(_firstOps.Keys);
    }

    /// <summary>Tells the watch what is complete once an op's backward pass is done.</summary>
    public void Passed(int op, IGradientWatch watch)
    {
        foreach (Parameter parameter in _byOp[op])
        {
            _complete.Add(parameter);
            watch.IsComplete(parameter);
        }
    }

    /// <summary>Throws where something is to be added to a gradient that was said to be complete.</summary>
    /// <exception cref="InvalidOperationException">It is: the op that adds keeps its parameter where <see cref="OpFields"/> does not look.</exception>
    public void RequireIncomplete(Variable variable)
    {
        if (variable is Parameter parameter && (_complete.Contains(parameter) || !_firstOps.ContainsKey(parameter)))
            throw new InvalidOperationException($"{parameter.Name}'s gradient was complete, and an op adds to it: an op has to keep its parameters in fields of type Variable or Parameter, or lists of them");
    }
}
