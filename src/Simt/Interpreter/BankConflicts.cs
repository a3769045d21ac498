namespace BareBert.Simt;

/// <summary>Shared memory has 32 banks of 4 bytes: an access is served in one go if no bank is asked for two different words.</summary>
internal sealed class BankConflicts
{
    private const int Banks = 32;

    /// <summary>Extra rounds by PTX line.</summary>
    public Dictionary<int, long> ByLine { get; } = [];

    /// <summary>Notes an access of a warp. Wide accesses go by halves (8 bytes) or quarters (16 bytes) of the warp.</summary>
    public void Count(int line, uint mask, int width, Func<int, uint> address)
    {
        int lanesAtOnce = EmulatedWarp.Lanes * 4 / Math.Max(width, 4);
        long extra = 0;
        for (int first = 0; first < EmulatedWarp.Lanes; first += lanesAtOnce)
            extra += Math.Max(0, Rounds(mask, width, first, lanesAtOnce, address) - 1);
        if (extra > 0)
            ByLine[line] = ByLine.GetValueOrDefault(line) + extra;
    }

    private static int Rounds(uint mask, int width, int first, int lanes, Func<int, uint> address)
    {
        var words = new HashSet<uint>();
        Span<int> byBank = stackalloc int[Banks];
        for (int lane = first; lane < first + lanes; lane++)
        {
            if ((mask >> lane & 1) == 0)
                continue;
            uint start = address(lane) / 4;
            for (uint word = start; word < start + (uint)Math.Max(width / 4, 1); word++)
                if (words.Add(word))
                    byBank[(int)(word % Banks)]++;
        }
        int most = 0;
        foreach (int count in byBank)
            most = Math.Max(most, count);
        return most;
    }
}
