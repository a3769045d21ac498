using System.Runtime.CompilerServices;

namespace BareBert.Bert.Tokenization;

/// <summary>
/// A read-only map from strings to ids that is walked one UTF-16 unit at a time, so that the longest entry at a position is found
/// in one pass without cutting a substring. The child of state s by the unit with code c is node base[s] + c, if that node's check is s.
/// </summary>
/// <remarks>Aoe 1989, "An efficient digital search algorithm by using a double-array structure".</remarks>
internal sealed class DoubleArrayTrie
{
    /// <summary>The empty prefix.</summary>
    public const int Root = 0;

    private struct Node
    {
        public int Base;
        public int Check;
        public int Value;
    }

    private readonly ushort[] _codes = new ushort[char.MaxValue + 1]; // 0: no key holds this unit
    private Node[] _nodes = [];

    /// <param name="keys">Distinct, non-empty; the value of a key is its index.</param>
    public DoubleArrayTrie(IReadOnlyList<string> keys) : this(keys, [.. Enumerable.Range(0, keys.Count)]) { }

    /// <param name="keys">Distinct, non-empty.</param>
    /// <param name="values">[keys] what each key stands for, not negative.</param>
    public DoubleArrayTrie(IReadOnlyList<string> keys, IReadOnlyList<int> values)
    {
        AssignCodes(keys);
        var order = Enumerable.Range(0, keys.Count).ToArray();
        var sorted = keys.ToArray();
        Array.Sort(sorted, order, StringComparer.Ordinal);
        new Builder(this, sorted, order, values).Build();
    }

    /// <summary>The state after one more unit, or −1 when no key goes on like this.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Next(int state, char unit) => NextByCode(state, _codes[unit]);

    /// <summary>The state after one more unit given by its <see cref="CodeOf"/>, or −1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int NextByCode(int state, int code)
    {
        var nodes = _nodes;
        int next = nodes[state].Base + code;
        return (uint)next < (uint)nodes.Length && nodes[next].Check == state ? next : -1;
    }

    /// <summary>The state after one more character outside or inside the basic plane, or −1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int NextByCodePoint(int state, int codePoint)
    {
        if (codePoint <= char.MaxValue)
            return Next(state, (char)codePoint);
        state = Next(state, (char)(0xD7C0 + (codePoint >> 10)));
        return state < 0 ? -1 : Next(state, (char)(0xDC00 + (codePoint & 0x3FF)));
    }

    /// <summary>The value of the key that ends in this state, or −1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int ValueAt(int state) => _nodes[state].Value;

    /// <summary>The code of a unit, for callers that keep their own table of frequent ones.</summary>
    public int CodeOf(char unit) => _codes[unit];

    /// <summary>The state that the whole of <paramref name="prefix"/> leads to, or −1.</summary>
    public int Walk(ReadOnlySpan<char> prefix)
    {
        int state = Root;
        for (int i = 0; i < prefix.Length && state >= 0; i++)
            state = Next(state, prefix[i]);
        return state;
    }

    /// <summary>The value of a key, or −1.</summary>
    public int Find(ReadOnlySpan<char> key) => Walk(key) is >= 0 and int state ? ValueAt(state) : -1;

    // Frequent units get small codes, which keeps the children of a state close together.
    private void AssignCodes(IReadOnlyList<string> keys)
    {
        var frequency = new int[char.MaxValue + 1];
        foreach (string key in keys)
            foreach (char unit in key)
                frequency[unit]++;
        var used = Enumerable.Range(0, frequency.Length).Where(unit => frequency[unit] > 0)
            .OrderByDescending(unit => frequency[unit]).ThenBy(unit => unit);
        ushort code = 0;
        foreach (int unit in used)
            _codes[unit] = ++code;
    }

    /// <summary>Lays out the nodes of sorted keys, first fit.</summary>
    private sealed class Builder(DoubleArrayTrie trie, string[] keys, int[] order, IReadOnlyList<int> values)
    {
        private const int Free = -2;
        private readonly Stack<(int State, int From, int To, int Depth)> _pending = new();
        private readonly List<(int Code, int From, int To)> _children = []; // of the state that is placed
        private Node[] _nodes = [];
        private int _firstFree = 1, _used = 1;

        public void Build()
        {
            Reserve(1024);
            _nodes[Root].Check = -1;
            _pending.Push((Root, 0, keys.Length, 0));
            while (_pending.TryPop(out var part))
                Place(part.State, part.From, part.To, part.Depth);
            Array.Resize(ref _nodes, _used);
            trie._nodes = _nodes;
        }

        // keys[from..to) share their first depth units, which lead to state.
        private void Place(int state, int from, int to, int depth)
        {
            if (from < to && keys[from].Length == depth)
                _nodes[state].Value = values[order[from++]];
            if (from == to)
            {
                // No child may match, whatever its code: base + code stays below the first node.
                _nodes[state].Base = -char.MaxValue - 1;
                return;
            }
            FindChildren(from, to, depth);
            int start = Fit();
            _nodes[state].Base = start;
            foreach (var (code, first, last) in _children)
            {
                _nodes[start + code].Check = state;
                _used = Math.Max(_used, start + code + 1);
                _pending.Push((start + code, first, last, depth + 1));
            }
        }

        private void FindChildren(int from, int to, int depth)
        {
            _children.Clear();
            while (from < to)
            {
                char unit = keys[from][depth];
                int end = from + 1;
                while (end < to && keys[end][depth] == unit)
                    end++;
                _children.Add((trie._codes[unit], from, end));
                from = end;
            }
        }

        private int Fit()
        {
            int smallest = int.MaxValue, largest = 0;
            foreach ((int code, _, _) in _children)
                (smallest, largest) = (Math.Min(smallest, code), Math.Max(largest, code));
            while (_nodes[_firstFree].Check != Free)
                Reserve(++_firstFree + 1);
            for (int node = _firstFree; ; node++)
            {
                int start = node - smallest;
                Reserve(start + largest + 1);
                if (_nodes[node].Check == Free && IsFree(start))
                    return start;
            }
        }

        private bool IsFree(int start)
        {
            foreach ((int code, _, _) in _children)
            {
                if (_nodes[start + code].Check != Free)
                    return false;
            }
            return true;
        }

        private void Reserve(int size)
        {
            int old = _nodes.Length;
            if (size <= old)
                return;
            Array.Resize(ref _nodes, Math.Max(size, old * 2));
            _nodes.AsSpan(old).Fill(new Node { Check = Free, Value = -1, Base = -char.MaxValue - 1 });
        }
    }
}
