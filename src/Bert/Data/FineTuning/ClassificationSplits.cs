namespace BareBert.Bert.Data;

/// <summary>The parts that a data set comes in; a part that it does not have is null.</summary>
public sealed record ClassificationSplits(ClassificationDataset Train, ClassificationDataset? Validation = null, ClassificationDataset? Test = null)
{
    /// <summary>What is worth knowing of the parts together, one line each.</summary>
    public List<string> Notices { get; } = [];
}
