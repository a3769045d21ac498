namespace BareBert.Bert.Tokenization;

/// <summary>What becomes of the stretches that a pre-tokenizer cuts at.</summary>
internal enum SplitBehavior
{
    /// <summary>They vanish.</summary>
    Removed,
    /// <summary>They are words of their own.</summary>
    Isolated,
    /// <summary>They end the word before them.</summary>
    MergedWithPrevious,
    /// <summary>They begin the word behind them.</summary>
    MergedWithNext,
    /// <summary>They are words of their own, neighbours joined.</summary>
    Contiguous,
}

/// <summary>A text and the words it has been cut into. One instance is reused for text after text.</summary>
internal sealed class WordList
{
    private List<(int From, int To)> _words = [], _next = [];
    private readonly List<(int From, int To, bool IsCut)> _parts = [];

    /// <summary>The text.</summary>
    public MappedText Text { get; } = new();

    /// <summary>The words as ranges of code points, in order, none empty.</summary>
    public IReadOnlyList<(int From, int To)> Words => _words;

    /// <summary>Begins anew: a stretch of a text as one word.</summary>
    public void Reset(MappedText text, int from, int to)
    {
        Text.Clear();
        Text.AddRange(text, from, to);
        _words.Clear();
        if (to > from)
            _words.Add((0, to - from));
    }

    /// <summary>Cuts every word at stretches that are found in it.</summary>
    /// <param name="find">Appends the stretches to cut at, ascending and apart, none empty, as ranges of the text.</param>
    /// <param name="behavior">What becomes of them.</param>
    /// <param name="invert">Cut at what lies between the stretches instead.</param>
    public void Split(Action<MappedText, int, int, List<(int From, int To)>> find, SplitBehavior behavior, bool invert = false)
    {
        _next.Clear();
        var found = new List<(int From, int To)>();
        foreach (var (from, to) in _words)
        {
            found.Clear();
            find(Text, from, to, found);
            _parts.Clear();
            int done = from;
            foreach (var (start, end) in found)
            {
                AddPart(done, start, invert);
                AddPart(start, end, !invert);
                done = end;
            }
            AddPart(done, to, invert);
            Merge(behavior);
        }
        (_words, _next) = (_next, _words);
    }

    /// <summary>Cuts every word at single code points.</summary>
    public void SplitAt(Func<int, bool> isCut, SplitBehavior behavior) => Split((text, from, to, found) =>
    {
        for (int i = from; i < to; i++)
        {
            if (isCut(text.CodePoints[i]))
                found.Add((i, i + 1));
        }
    }, behavior);

    /// <summary>Writes every word anew.</summary>
    /// <param name="write">Appends a word's new text; what it leaves empty is no word any more.</param>
    /// <param name="scratch">Overwritten.</param>
    public void Rewrite(Action<MappedText, int, int, MappedText> write, MappedText scratch)
    {
        scratch.Clear();
        _next.Clear();
        foreach (var (from, to) in _words)
        {
            int start = scratch.Count;
            write(Text, from, to, scratch);
            if (scratch.Count > start)
                _next.Add((start, scratch.Count));
        }
        Text.Swap(scratch);
        (_words, _next) = (_next, _words);
    }

    private void AddPart(int from, int to, bool isCut)
    {
        if (to > from)
            _parts.Add((from, to, isCut));
    }

    private void Merge(SplitBehavior behavior)
    {
        bool joinsNext = false;
        for (int i = 0; i < _parts.Count; i++)
        {
            var (from, to, isCut) = _parts[i];
            bool joinsPrevious = i > 0 && behavior switch
            {
                SplitBehavior.MergedWithPrevious => isCut && !_parts[i - 1].IsCut,
                SplitBehavior.MergedWithNext => joinsNext,
                SplitBehavior.Contiguous => isCut == _parts[i - 1].IsCut,
                _ => false,
            };
            joinsNext = isCut && behavior == SplitBehavior.MergedWithNext && i + 1 < _parts.Count && !_parts[i + 1].IsCut;
            if (joinsPrevious)
                _next[^1] = (_next[^1].From, to);
            else if (!(isCut && behavior == SplitBehavior.Removed))
                _next.Add((from, to));
        }
    }
}
