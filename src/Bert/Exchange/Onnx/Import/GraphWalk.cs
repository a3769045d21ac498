using BareBert.Bert.Exchange.Onnx.Messages;

namespace BareBert.Bert.Exchange.Onnx.Import;

/// <summary>Ways back from a value through nodes that do not change what it means.</summary>
internal static class GraphWalk
{
    /// <summary>Nodes that only lay the same numbers out in another way.</summary>
    public static readonly IReadOnlySet<string> Layout = new HashSet<string>
        { "Identity", "Cast", "Dropout", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Transpose", "Expand" };

    /// <summary>Nodes that may stand before a product of queries and keys: a scale.</summary>
    public static readonly IReadOnlySet<string> Scaling = new HashSet<string>(Layout) { "Mul", "Div" };

    /// <summary>Nodes that may stand between that product and its softmax: a scale and a mask.</summary>
    public static readonly IReadOnlySet<string> Masking = new HashSet<string>(Scaling) { "Add", "Sub", "Where", "Softmax" };

    /// <summary>Nodes that pick tokens or columns.</summary>
    public static readonly IReadOnlySet<string> Picking = new HashSet<string>(Layout) { "Gather", "Slice", "Split" };

    /// <summary>
    /// Goes back to the first node that is not of the kinds given, or that reads two values that depend on weights: always along the one
    /// input that does.
    /// </summary>
    /// <param name="graph">The graph.</param>
    /// <param name="value">Where to begin.</param>
    /// <param name="through">Kinds of nodes to pass.</param>
    /// <param name="isEnd">Values to stop at before that.</param>
    /// <param name="passed">Takes the nodes that were passed, and by which of their outputs they were entered.</param>
    /// <returns>The value that was reached.</returns>
    public static string Back(
        this OnnxGraph graph, string value, IReadOnlySet<string> through, Func<string, bool>? isEnd = null, List<(NodeProto Node, string Output)>? passed = null)
    {
        while (isEnd?.Invoke(value) != true && graph.Producer(value) is { } node && through.Contains(node.OpType))
        {
            // What decides between two values is none of them.
            string[] weighted = [.. node.Input.Skip(node.OpType == "Where" ? 1 : 0).Where(graph.IsWeighted)];
            if (weighted.Length != 1)
                break;
            passed?.Add((node, value));
            value = weighted[0];
        }
        return value;
    }

    /// <summary>The terms of a sum, however it is nested.</summary>
    public static List<string> Terms(this OnnxGraph graph, string value, Func<string, bool> isEnd)
    {
        var terms = new List<string>();
        var open = new Stack<string>([value]);
        while (open.TryPop(out string? next))
        {
            string origin = isEnd(next) ? next : graph.Back(next, Layout, isEnd);
            if (!isEnd(origin) && graph.Producer(origin) is { OpType: "Add", Input.Count: 2 } sum)
            {
                open.Push(sum.Input[1]);
                open.Push(sum.Input[0]);
            }
            else
                terms.Add(origin);
        }
        return terms;
    }
}
