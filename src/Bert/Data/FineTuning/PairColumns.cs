namespace BareBert.Bert.Data;

/// <summary>How to read a table of pairs.</summary>
/// <param name="Table">Its form, and the columns of the first text, the second and the score.</param>
/// <param name="Negative">The column of a text that only seems to belong to the first; null: guessed by its name, or there is none.</param>
internal sealed record PairColumns(TableOptions Table, string? Negative = null)
{
    /// <inheritdoc cref="TableOptions.ForPart"/>
    public PairColumns ForPart(string path) => this with { Table = Table.ForPart(path) };
}
