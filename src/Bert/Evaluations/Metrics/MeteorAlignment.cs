namespace BareBert.Bert.Evaluations;

/// <summary>
/// Pairs the words of two texts: as many as can be, and among such pairings one with the fewest chunks. A chunk is a run of
/// neighbours in one text paired with neighbours in the same order in the other.
/// </summary>
/// <remarks>
/// The best pairing is found by a search from left to right over the candidate that keeps the <see cref="Width"/> best partial
/// pairings; it is exact as long as no more are alive at once, which holds for answers and most sentences.
/// </remarks>
internal static class MeteorAlignment
{
    /// <summary>How many partial pairings are kept.</summary>
    public const int Width = 512;

    /// <summary>How many words are paired, and in how many chunks.</summary>
    public static (int Matches, int Chunks) Find(string[] reference, string[] candidate)
    {
        var places = Enumerable.Range(0, reference.Length).ToLookup(i => reference[i]);
        var spare = candidate.CountBy(w => w).ToDictionary(p => p.Key, p => Math.Max(0, p.Value - places[p.Key].Count()));
        int matches = candidate.Length - spare.Values.Sum();

        List<Partial> alive = [new Partial(new ulong[(reference.Length + 63) / 64], [], -2, 0)];
        foreach (string word in candidate)
        {
            var next = new Dictionary<PartialKey, Partial>();
            foreach (var partial in alive)
            {
                foreach (var grown in partial.Grow(word, places[word], spare[word]))
                {
                    var key = new PartialKey(grown);
                    if (!next.TryGetValue(key, out var known) || grown.Chunks < known.Chunks)
                        next[key] = grown;
                }
            }
            alive = [.. next.Values.OrderBy(p => p.Chunks).Take(Width)];
        }
        return (matches, alive.Min(p => p.Chunks));
    }

    /// <summary>A pairing of the words so far.</summary>
    /// <param name="Used">One bit a word of the reference: already paired.</param>
    /// <param name="Skipped">How often each word was left unpaired.</param>
    /// <param name="Last">Where the previous word was paired; −2 where it was not.</param>
    /// <param name="Chunks">Chunks so far.</param>
    private sealed record Partial(ulong[] Used, Dictionary<string, int> Skipped, int Last, int Chunks)
    {
        /// <summary>Every way to go on: pair with a free place, or leave unpaired where there are more of the word than places.</summary>
        public IEnumerable<Partial> Grow(string word, IEnumerable<int> places, int spare)
        {
            foreach (int place in places)
            {
                if ((Used[place >> 6] >> place & 1) != 0)
                    continue;
                var used = (ulong[])Used.Clone();
                used[place >> 6] |= 1UL << place;
                yield return this with { Used = used, Last = place, Chunks = Chunks + (place == Last + 1 ? 0 : 1) };
            }
            int skipped = Skipped.GetValueOrDefault(word);
            if (skipped < spare)
                yield return this with { Skipped = new Dictionary<string, int>(Skipped) { [word] = skipped + 1 }, Last = -2 };
        }
    }

    /// <summary>Two partial pairings with the same places used and the same last place have the same future; the used places settle the skips.</summary>
    private readonly struct PartialKey(Partial partial) : IEquatable<PartialKey>
    {
        private readonly ulong[] _used = partial.Used;
        private readonly int _last = partial.Last;

        public bool Equals(PartialKey other) => _last == other._last && _used.AsSpan().SequenceEqual(other._used);

        public override bool Equals(object? obj) => obj is PartialKey other && Equals(other);

        public override int GetHashCode()
        {
            var hash = new HashCode();
            hash.Add(_last);
            foreach (ulong bits in _used) hash.Add(bits);
            return hash.ToHashCode();
        }
    }
}
