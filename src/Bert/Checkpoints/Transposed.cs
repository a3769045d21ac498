namespace BareBert.Bert.Checkpoints;

/// <summary>Linear layers' weights stand as [out, in] with PyTorch and as [in, out] elsewhere.</summary>
internal static class Transposed
{
    /// <summary>Writes a matrix, [rows, cols], as [cols, rows].</summary>
    /// <param name="matrix">Row-major.</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="cols">Its columns.</param>
    /// <param name="destination">As long; other memory.</param>
    public static void Write<T>(ReadOnlySpan<T> matrix, int rows, int cols, Span<T> destination)
    {
        // Tiles keep both sides within a few cache lines.
        const int Tile = 32;
        for (int top = 0; top < rows; top += Tile)
        {
            for (int left = 0; left < cols; left += Tile)
            {
                for (int row = top; row < Math.Min(rows, top + Tile); row++)
                {
                    for (int col = left; col < Math.Min(cols, left + Tile); col++)
                        destination[col * rows + row] = matrix[row * cols + col];
                }
            }
        }
    }
}
