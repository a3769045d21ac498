namespace BareBert.Bert.Data;

/// <summary>Texts with classes, the names of the classes, and what was noticed while reading them.</summary>
/// <param name="Examples">In the order of the file.</param>
/// <param name="LabelNames">Name of class 0, 1, …; what <c>id2label</c> holds.</param>
/// <param name="Notices">One line each: what was guessed, skipped or odd.</param>
public sealed record ClassificationDataset(
    IReadOnlyList<ClassificationExample> Examples, IReadOnlyList<string> LabelNames, IReadOnlyList<string> Notices)
{
    /// <summary>What the labels mean.</summary>
    public ProblemType ProblemType { get; init; }

    /// <summary>Of a table: where texts and labels are from; null elsewhere.</summary>
    public TableColumns? Columns { get; init; }

    /// <summary>How many classes have a name, seen or not.</summary>
    public int Classes => LabelNames.Count;

    /// <summary>The class of each example.</summary>
    public int[] Labels => [.. Examples.Select(e => e.Label)];

    /// <summary>[examples, label names] the targets, where there is no one class.</summary>
    public float[] FlatTargets() => [.. Examples.SelectMany(e => e.Targets!)];

    /// <summary>Whether examples are pairs of texts.</summary>
    public bool IsPair => Examples.Any(e => e.Text2 is not null);

    /// <summary>How many examples each class has; of labels that hold or not, how many hold.</summary>
    public ClassBalance Balance => ProblemType == ProblemType.MultiLabel
        ? ClassBalance.Of(Examples.SelectMany(e => Enumerable.Range(0, Classes).Where(c => e.Targets![c] > 0)), Classes) : ClassBalance.Of(Labels, Classes);

    /// <summary>The examples at <paramref name="indices"/>, in that order, with the same label names.</summary>
    public ClassificationDataset Take(IEnumerable<int> indices) => this with { Examples = [.. indices.Select(i => Examples[i])] };

    /// <summary>Splits off some of the rows, keeping the proportions of the classes.</summary>
    /// <inheritdoc cref="StratifiedSplit.Indices"/>
    public (ClassificationDataset Train, ClassificationDataset Validation) Split(Holdout holdout, ulong seed)
    {
        var (train, validation) = holdout.Folds == 0 ? StratifiedSplit.Indices(Strata(), holdout.Share, seed) : StratifiedSplit.Fold(Strata(), holdout, seed);
        return (Take(train), Take(validation));
    }

    /// <summary>Keeps a share of the rows, keeping the proportions of the classes.</summary>
    /// <inheritdoc cref="StratifiedSplit.Sample"/>
    public ClassificationDataset Fraction(double fraction, ulong seed) => Take(StratifiedSplit.Sample(Strata(), fraction, seed));

    // What keeps its share when rows are drawn: the class, or the rarest of the labels that hold; numbers have none.
    private int[] Strata()
    {
        if (ProblemType != ProblemType.MultiLabel)
            return ProblemType == ProblemType.SingleLabel ? Labels : new int[Examples.Count];
        IReadOnlyList<int> counts = Balance.Counts;
        return [.. Examples.Select(e => Enumerable.Range(0, Classes).Where(c => e.Targets![c] > 0).OrderBy(c => counts[c]).FirstOrDefault(Classes))];
    }

    /// <summary>The same examples with a model's classes: by name, letter case aside where none is exactly so, or where no name is the model's, by index if there are as many.</summary>
    /// <exception cref="InputException">A class of the data is not one of the model's.</exception>
    public ClassificationDataset WithLabels(IReadOnlyList<string> modelNames, string where)
    {
        if (LabelNames.SequenceEqual(modelNames))
            return this;
        if (ProblemType != ProblemType.SingleLabel)
            throw new InputException($"the labels are {Printable.Quote(string.Join(", ", LabelNames))}, the model's {Printable.Quote(string.Join(", ", modelNames))}: {where}; use data with the labels that the model was trained with");
        if (LabelNames.All(name => LabelNaming.IndexOf(modelNames, name) < 0) && LabelNames.Count == modelNames.Count)
            return this with { LabelNames = modelNames, Notices = [.. Notices, $"classes are taken by index, {string.Join(", ", LabelNames.Zip(modelNames, (d, m) => $"{d} as {m}"))}: {where}"] };
        int[] index = [.. LabelNames.Select(name => LabelNaming.IndexOf(modelNames, name))];
        int missing = Array.IndexOf(index, -1);
        return missing < 0
            ? this with { LabelNames = modelNames, Examples = [.. Examples.Select(e => e with { Label = index[e.Label] })] }
            : throw new InputException($"the label {Printable.Quote(LabelNames[missing])} is not one of {Printable.Quote(string.Join(", ", modelNames))}: {where}; use data with the labels that the model was trained with");
    }

    /// <summary>Refuses data from which nothing can be learned.</summary>
    /// <exception cref="InputException">There is no example, all are of one class, or no text says anything.</exception>
    public ClassificationDataset RequireTrainable(string where)
    {
        if (Examples.Count == 0)
            throw new InputException($"there is no example to train on: {where}; give a file with rows");
        if (ProblemType == ProblemType.SingleLabel && Examples.All(e => e.Label == Examples[0].Label))
            throw new InputException($"every example is of one class, {Printable.Quote(LabelNames[Examples[0].Label])}: {where}; a classifier needs at least two");
        if (ProblemType != ProblemType.SingleLabel && Examples.All(e => e.Targets!.SequenceEqual(Examples[0].Targets!)))
            throw new InputException($"every example has the same labels: {where}; there is nothing to tell apart");
        if (Examples.All(e => string.IsNullOrWhiteSpace(e.Text) && string.IsNullOrWhiteSpace(e.Text2)))
            throw new InputException($"every text is empty: {where}; give texts to learn from, or the column that holds them");
        return this;
    }
}
