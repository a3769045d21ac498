namespace BareBert.Bert.Data;

/// <summary>A row of a table.</summary>
/// <param name="Line">The line that it begins at, or where a format has no lines, which row it is; from 1.</param>
/// <param name="Cells">In the order of the columns, null where a cell is absent.</param>
/// <param name="Json">Numbers of the cells that hold JSON which is no string: a number, true, a list, an object; null: none does.</param>
internal readonly record struct TableRow(int Line, string?[] Cells, IReadOnlySet<int>? Json = null)
{
    /// <summary>The cell of a column; null where it is absent.</summary>
    public string? this[int column] => column < Cells.Length ? Cells[column] : null;

    /// <summary>Whether a cell holds JSON which is no string.</summary>
    public bool IsJson(int column) => Json?.Contains(column) == true;

    /// <summary>Whether that is a list or an object.</summary>
    public bool IsList(int column) => IsJson(column) && this[column] is ['[' or '{', ..];

    /// <summary>The row with absent cells up to a number of columns.</summary>
    public TableRow PaddedTo(int columns)
    {
        if (Cells.Length >= columns)
            return this;
        var cells = new string?[columns];
        Cells.CopyTo(cells, 0);
        return this with { Cells = cells };
    }
}
