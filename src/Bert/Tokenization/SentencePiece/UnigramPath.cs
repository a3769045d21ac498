namespace BareBert.Bert.Tokenization;

/// <summary>The pieces of a text in order. Reused from text to text.</summary>
internal sealed class UnigramPath
{
    private int[] _ends = new int[64], _ids = new int[64];

    /// <summary>Number of pieces.</summary>
    public int Count { get; private set; }

    public int IdOf(int piece) => _ids[piece];

    /// <summary>The code points of a piece.</summary>
    public Range RangeOf(int piece) => (piece == 0 ? 0 : _ends[piece - 1]).._ends[piece];

    /// <summary>The best way to reach a position of the text.</summary>
    internal struct Node
    {
        public double Score;
        public int Start; // of the last piece; −1: not reached
        public int Id;
    }

    /// <summary>[length + 1] one per position of the text.</summary>
    internal Node[] Nodes { get; private set; } = [];

    /// <summary>[length] the trie's codes of the text.</summary>
    internal int[] Codes { get; private set; } = [];

    /// <summary>Makes room for a text of so many code points, no position reached but the first.</summary>
    internal void Reset(int length)
    {
        if (Nodes.Length <= length)
        {
            int size = Math.Max(length + 1, 2 * Nodes.Length);
            Nodes = new Node[size];
            Codes = new int[size];
        }
        Nodes.AsSpan(0, length + 1).Fill(new Node { Start = -1 });
    }

    /// <summary>Reads the best path off the links that lead back from its end; a run of unknown characters is one unknown piece.</summary>
    internal void Trace(int length, int unknown)
    {
        Count = 0;
        for (int at = length; at > 0; at = Nodes[at].Start)
        {
            if (Count > 0 && Nodes[at].Id == unknown && _ids[Count - 1] == unknown)
                continue;
            if (Count == _ends.Length)
            {
                Array.Resize(ref _ends, Count * 2);
                Array.Resize(ref _ids, Count * 2);
            }
            _ends[Count] = at;
            _ids[Count++] = Nodes[at].Id;
        }
        Array.Reverse(_ends, 0, Count);
        Array.Reverse(_ids, 0, Count);
    }
}
