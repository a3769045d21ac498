namespace BareBert.Bert.Evaluations;

/// <summary>A matrix of mostly zeros, row by row: the columns and values that are not zero.</summary>
/// <param name="Starts">[rows + 1] where each row starts in the other two.</param>
/// <param name="Columns">Column of each entry.</param>
/// <param name="Values">Value of each entry.</param>
internal sealed record SparseRows(int[] Starts, int[] Columns, float[] Values)
{
    public int Count => Starts.Length - 1;

    public ReadOnlySpan<int> ColumnsOf(int row) => Columns.AsSpan(Starts[row]..Starts[row + 1]);

    public ReadOnlySpan<float> ValuesOf(int row) => Values.AsSpan(Starts[row]..Starts[row + 1]);
}
