namespace BareBert.Bert.Distributed;

/// <summary>One process's part of work that is shared out: neighbours, as many for each as can be.</summary>
/// <param name="Rank">The process, from 0.</param>
/// <param name="Size">Of how many.</param>
internal readonly record struct Share(int Rank, int Size)
{
    /// <summary>All of the work.</summary>
    public static Share All => new(0, 1);

    /// <summary>A group's member's.</summary>
    public static Share Of(IProcessGroup group) => new(group.Rank, group.Size);

    /// <summary>Which of so many pieces are the process's.</summary>
    public (int First, int End) Of(int pieces) => ((int)((long)pieces * Rank / Size), (int)((long)pieces * (Rank + 1) / Size));

    /// <summary>The most pieces that a process has.</summary>
    public int Most(int pieces) => (pieces + Size - 1) / Size;
}
