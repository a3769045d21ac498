namespace BareBert.Bert.Models;

/// <summary>One tensor of the table.</summary>
/// <param name="Name">Its Hugging Face name.</param>
/// <param name="Shape">Its shape there.</param>
/// <param name="Count">Number of elements.</param>
/// <param name="Trainable">Whether training changes it.</param>
public sealed record ParameterRow(string Name, int[] Shape, long Count, bool Trainable);

/// <summary>Elements of a part of the model.</summary>
/// <param name="Name">words, positions, types, embedding norm, projection, layers, pooler, head, or what a method added.</param>
/// <param name="Count">Number of elements.</param>
public sealed record ParameterGroup(string Name, long Count);

/// <summary>What <c>info</c> shows: every tensor under its Hugging Face name, sums by part, and totals.</summary>
public sealed class ParameterTable
{
    private ParameterTable(List<ParameterRow> rows, List<ParameterGroup> groups)
    {
        Rows = rows;
        Groups = groups;
    }

    /// <summary>In the order of Hugging Face's <c>named_parameters()</c>.</summary>
    public IReadOnlyList<ParameterRow> Rows { get; }

    /// <summary>From the embeddings up.</summary>
    public IReadOnlyList<ParameterGroup> Groups { get; }

    /// <summary>Number of elements of all tensors; a tied one counts once.</summary>
    public long Total => Rows.Sum(r => r.Count);

    /// <summary>Of these, those that training changes.</summary>
    public long Trainable => Rows.Where(r => r.Trainable).Sum(r => r.Count);

    /// <param name="layout">The model.</param>
    /// <param name="isTrainable">Which parameters training changes; where null all, or with an adaptation what that trains.</param>
    /// <param name="adaptation">What a method added; null: nothing.</param>
    public static ParameterTable Of(ParameterLayout layout, Func<ParameterSpec, bool>? isTrainable = null, Adaptation? adaptation = null)
    {
        isTrainable ??= parameter => adaptation is null || parameter.IsAdded || adaptation.Trains(parameter);
        ParameterSpec[] parameters = [.. layout.Parameters, .. adaptation?.ParametersOf(layout) ?? []];
        var rows = new List<ParameterRow>();
        foreach (ParameterSpec parameter in parameters)
        {
            bool trainable = isTrainable(parameter);
            rows.AddRange(parameter.Pieces.Select(piece => new ParameterRow(piece.HfName, piece.Shape, piece.Count, trainable)));
        }
        List<ParameterGroup> groups = [.. parameters
            .GroupBy(GroupOf)
            .Select(group => new ParameterGroup(group.Key, group.Sum(p => (long)p.Count)))];
        return new ParameterTable(WeightBesideBias(rows), groups);
    }

    /// <summary>Joined modules come as all weights, then all biases; Hugging Face has each module's weight and bias together.</summary>
    private static List<ParameterRow> WeightBesideBias(List<ParameterRow> rows) =>
        [.. rows.GroupBy(row => row.Name[..row.Name.LastIndexOf('.')]).SelectMany(module => module)];

    private static string GroupOf(ParameterSpec parameter)
    {
        if (parameter.IsAdded)
            return "added";
        if (parameter.Layer >= 0)
            return "layers";
        return parameter.Name.Split('.') switch
        {
            ["embeddings", "word"] => "words",
            ["embeddings", "position"] => "positions",
            ["embeddings", "type"] => "types",
            ["embeddings", "norm", _] => "embedding norm",
            ["embeddings", ..] => "projection",
            ["pooler", ..] => "pooler",
            _ => "head",
        };
    }
}
