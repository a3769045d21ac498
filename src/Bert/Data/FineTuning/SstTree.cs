namespace BareBert.Bert.Data;

/// <summary>A phrase of a sentiment tree.</summary>
/// <param name="Label">As in the file: 0 very negative to 4 very positive.</param>
/// <param name="Text">Its words, one space between them; brackets and slashes unescaped (-LRB- is "(").</param>
internal readonly record struct SstPhrase(int Label, string Text);

/// <summary>Reads one labelled tree in the bracket notation of the Penn Treebank: <c>(3 (2 It) (4 works))</c>.</summary>
internal static class SstTree
{
    /// <summary>The longest all phrases of one tree may be together; a sentence's are a few thousand characters.</summary>
    public const int MostCharacters = 4 << 20;

    /// <summary>All phrases, the whole sentence first, then in the order in which they open. Texts are put together as they are asked for.</summary>
    /// <param name="line">One tree. Depth costs no stack: open brackets are kept in a list.</param>
    /// <exception cref="FormatException">The brackets, a label or a word is wrong; the message says what, and at which column.</exception>
    public static IEnumerable<SstPhrase> Parse(string line)
    {
        List<Node> nodes = [];
        List<string> words = [];
        Stack<int> open = new();
        int at = SkipSpace(line, 0);
        do
        {
            if (at < line.Length && line[at] == '(')
            {
                if (open.TryPeek(out int parent) && nodes[parent].HasWord)
                    throw Wrong("a phrase beside a word", at);
                open.Push(nodes.Count);
                nodes.Add(ReadLabel(line, ref at, words.Count));
            }
            else if (at < line.Length && line[at] == ')' && open.TryPop(out int closed))
            {
                if (words.Count == nodes[closed].First)
                    throw Wrong("a phrase without words", at);
                nodes[closed] = nodes[closed] with { End = words.Count };
                at++;
            }
            else
            {
                AddWord(line, ref at, nodes, words, open);
            }
            at = SkipSpace(line, at);
        }
        while (open.Count > 0);
        return at == line.Length ? Phrases(nodes, words) : throw Wrong("something after the tree", at);
    }

    private static Node ReadLabel(string line, ref int at, int firstWord)
    {
        int start = at + 1;
        at = start + 1;
        if (start >= line.Length || line[start] is < '0' or > '4' || (at < line.Length && line[at] is not (' ' or '(' or '\t')))
            throw Wrong("a bracket without a label from 0 to 4", start);
        return new Node(line[start] - '0', firstWord, firstWord, HasWord: false);
    }

    private static void AddWord(string line, ref int at, List<Node> nodes, List<string> words, Stack<int> open)
    {
        if (at >= line.Length || !open.TryPeek(out int node))
            throw Wrong(at >= line.Length ? "a bracket that is not closed" : "text outside the brackets", at);
        if (words.Count > nodes[node].First || nodes[node].HasWord)
            throw Wrong("a second word in one bracket", at);
        int start = at;
        while (at < line.Length && line[at] is not ('(' or ')' or ' ' or '\t'))
            at++;
        words.Add(Unescape(line[start..at]));
        nodes[node] = nodes[node] with { HasWord = true };
    }

    private static IEnumerable<SstPhrase> Phrases(List<Node> nodes, List<string> words)
    {
        var before = new long[words.Count + 1]; // characters before each word
        for (int w = 0; w < words.Count; w++)
            before[w + 1] = before[w] + words[w].Length + 1;
        long characters = nodes.Sum(n => before[n.End] - before[n.First]);
        return characters <= MostCharacters
            ? nodes.Select(n => new SstPhrase(n.Label, string.Join(' ', words.GetRange(n.First, n.End - n.First))))
            : throw new FormatException($"a tree too deep for a sentence ({nodes.Count:N0} phrases of {words.Count:N0} words)");
    }

    private static string Unescape(string word) => word switch
    {
        "-LRB-" or "-lrb-" => "(",
        "-RRB-" or "-rrb-" => ")",
        _ => word.Replace("\\/", "/").Replace("\\*", "*"),
    };

    private static int SkipSpace(string line, int at)
    {
        while (at < line.Length && line[at] is ' ' or '\t' or '\r')
            at++;
        return at;
    }

    private static FormatException Wrong(string what, int at) => new($"{what} at column {at + 1}");

    private readonly record struct Node(int Label, int First, int End, bool HasWord);
}
