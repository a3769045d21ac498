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

    /// <summary>A row times weights [features + 1, outputs], the bias last.</summary>
    /// <param name="row">Which.</param>
    /// <param name="weights">[features + 1, outputs].</param>
    /// <param name="y">[outputs], overwritten.</param>
    public void Multiply(int row, ReadOnlySpan<double> weights, Span<double> y)
    {
        weights[^y.Length..].CopyTo(y);
        ReadOnlySpan<int> columns = ColumnsOf(row);
        ReadOnlySpan<float> values = ValuesOf(row);
        for (int i = 0; i < columns.Length; i++)
        {
            ReadOnlySpan<double> w = weights.Slice(columns[i] * y.Length, y.Length);
            for (int c = 0; c < y.Length; c++)
                y[c] += values[i] * w[c];
        }
    }

    /// <summary>gradient += rowᵀ·error, the bias's row being 1.</summary>
    /// <param name="row">Which.</param>
    /// <param name="error">[outputs].</param>
    /// <param name="gradient">[features + 1, outputs].</param>
    public void AddOuter(int row, ReadOnlySpan<double> error, Span<double> gradient)
    {
        ReadOnlySpan<int> columns = ColumnsOf(row);
        ReadOnlySpan<float> values = ValuesOf(row);
        for (int i = 0; i < columns.Length; i++)
        {
            Span<double> g = gradient.Slice(columns[i] * error.Length, error.Length);
            for (int c = 0; c < error.Length; c++)
                g[c] += values[i] * error[c];
        }
        Span<double> bias = gradient[^error.Length..];
        for (int c = 0; c < error.Length; c++)
            bias[c] += error[c];
    }
}
