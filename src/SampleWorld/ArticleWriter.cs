using System.Text;

namespace BareBert.Sample;

/// <summary>Draws articles from a grammar.</summary>
public sealed class ArticleWriter(Grammar grammar)
{
    private const int FewestTopics = 3, MostTopics = 4;

    private readonly SentenceKind[] _openings = [.. grammar.Kinds.Where(k => k.Role == Role.Opening)];
    private readonly SentenceKind[][] _tells = ByTopic(grammar, Role.Tell);
    private readonly SentenceKind[][] _recalls = ByTopic(grammar, Role.Recall);

    private static SentenceKind[][] ByTopic(Grammar grammar, Role role) =>
        [.. Enumerable.Range(0, grammar.Topics.Count).Select(t => grammar.Kinds.Where(k => k.Role == role && k.Topic == t).ToArray())];

    /// <summary>An article: an opening, then three or four topics interleaved, each first told and then recalled.</summary>
    public Article Write(ref PhiloxStream random)
    {
        SentenceKind[] layout = DrawLayout(ref random);
        return new Article(layout, DrawWords(layout, ref random));
    }

    private SentenceKind[] DrawLayout(ref PhiloxStream random)
    {
        int[] topics = [.. Enumerable.Range(0, grammar.Topics.Count)];
        random.Shuffle(topics.AsSpan());
        int count = Math.Min(topics.Length, FewestTopics + random.NextInt(MostTopics - FewestTopics + 1));

        var kinds = new List<SentenceKind>();
        foreach (int topic in topics[..count])
        {
            SentenceKind[] recalls = [.. _recalls[topic]];
            random.Shuffle(recalls.AsSpan());
            kinds.Add(Pick(_tells[topic], ref random));
            kinds.AddRange(recalls[..Math.Max(1, recalls.Length - random.NextInt(2))]);
        }
        SentenceKind[] body = [.. kinds];
        random.Shuffle(body.AsSpan());
        TellBeforeRecalling(body);
        return [Pick(_openings, ref random), .. body];
    }

    private static void TellBeforeRecalling(SentenceKind[] body)
    {
        for (int i = 0; i < body.Length; i++)
        {
            int topic = body[i].Topic;
            int first = Array.FindIndex(body, k => k.Topic == topic);
            if (body[i].Role == Role.Tell)
                (body[i], body[first]) = (body[first], body[i]);
        }
    }

    /// <summary>The words of sentences of given kinds: draws the facts, then every phrasing and every choice.</summary>
    /// <returns>[sentences][words] numbers of words.</returns>
    public int[][] DrawWords(IReadOnlyList<SentenceKind> layout, ref PhiloxStream random)
    {
        int[] hero = Pick(grammar.Hero.Values, ref random);
        var topics = new int[grammar.Topics.Count][];
        for (int t = 0; t < topics.Length; t++)
            topics[t] = Pick(grammar.Topics[t].Values, ref random);

        var sentences = new int[layout.Count][];
        for (int s = 0; s < sentences.Length; s++)
        {
            ReadOnlySpan<int> topic = layout[s].Topic < 0 ? default : topics[layout[s].Topic];
            Slot[] phrasing = Pick(layout[s].Phrasings, ref random);
            sentences[s] = new int[phrasing.Length];
            for (int i = 0; i < phrasing.Length; i++)
                sentences[s][i] = Pick(phrasing[i].Choices, ref random).Word(hero, topic);
        }
        return sentences;
    }

    private static T Pick<T>(IReadOnlyList<T> from, ref PhiloxStream random) => from[random.NextInt(from.Count)];

    /// <summary>A sentence as people write it: a capital at the beginning, no blank before a mark.</summary>
    public string Spell(ReadOnlySpan<int> sentence)
    {
        var text = new StringBuilder();
        foreach (int number in sentence)
        {
            string word = grammar.Words[number];
            if (text.Length > 0 && word is not ("." or ","))
                text.Append(' ');
            text.Append(word);
        }
        text[0] = char.ToUpperInvariant(text[0]);
        return text.ToString();
    }
}
