namespace BareBert.Bench;

/// <summary>What every comparison does before it takes the time.</summary>
internal static class Peer
{
    /// <summary>Throws unless both hold the same, within <paramref name="tolerance"/> of 1 + |value|.</summary>
    public static void Check(string what, ReadOnlySpan<float> theirs, ReadOnlySpan<float> ours, double tolerance)
    {
        if (theirs.Length != ours.Length)
            throw new InvalidOperationException($"{what}: {theirs.Length} values, ours {ours.Length}");
        for (int i = 0; i < ours.Length; i++)
        {
            if (!(Math.Abs(theirs[i] - ours[i]) <= tolerance * (1 + Math.Abs(ours[i]))))
                throw new InvalidOperationException($"{what}: element {i} is {theirs[i]}, ours {ours[i]}");
        }
    }
}
