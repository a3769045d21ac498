using BareBert.Kernels;

namespace BareBert.Bench;

/// <summary>One operation on one size of operands: the parameter of a suite.</summary>
public sealed record OpWork(string Name, int Rows, int Cols) : IWork
{
    public Traffic Traffic => OpCases.TrafficOf(Name, Rows, Cols);

    public double Flops => 0;

    public bool IsQuick => Rows > 1000;

    public override string ToString() => $"{Name} {Rows}x{Cols}";
}
