namespace BareBert.Bench;

/// <summary>The operands of one benchmarked operation, [rows, cols], and how often such a matrix is moved.</summary>
public sealed record OpWork(int Rows, int Cols, int Moves) : IWork
{
    public double Flops => 0;
    public double Bytes => 4.0 * Rows * Cols * Moves;

    public override string ToString() => $"{Rows}x{Cols}";
}
