namespace BareBert.Bert.Data;

/// <summary>The examples of one epoch in the order in which they are trained on.</summary>
/// <param name="Epoch">Counted from 0; decides pairs, order and masks.</param>
/// <param name="Examples">[examples] what each consists of.</param>
public sealed record EpochPlan(int Epoch, IReadOnlyList<ExampleSpan> Examples)
{
    /// <summary>Number of examples.</summary>
    public int Count => Examples.Count;

    /// <summary>At most so many of them, in a random order as they are; null: all.</summary>
    public EpochPlan Sample(int? most) => most is int count && count < Count ? this with { Examples = [.. Examples.Take(count)] } : this;
}
