namespace BareBert.Sample;

/// <summary>Reads the notation of <see cref="World"/>.</summary>
internal sealed class GrammarParser(string text)
{
    private readonly List<string> _words = [];
    private readonly Dictionary<string, int> _numbers = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, int[]> _classes = [];
    private readonly List<Fact> _topics = [];
    private readonly List<SentenceKind> _kinds = [];
    private Fact? _hero;

    public Grammar Parse()
    {
        foreach (var (heading, lines) in Sections())
        {
            if (heading is ["words", var name])
                _classes.Add(name, [.. lines.SelectMany(line => Split(line)).Select(Number)]);
            else if (heading is ["hero", var hero])
                _hero = ParseFact(hero, lines);
            else if (heading is ["topic", var topic])
                _topics.Add(ParseFact(topic, lines));
            else if (heading is ["opening"])
                _kinds.Add(ParseKind(Role.Opening, null, lines));
            else if (heading is ["tell", var told])
                _kinds.Add(ParseKind(Role.Tell, told, lines));
            else if (heading is ["recall", var recalled])
                _kinds.Add(ParseKind(Role.Recall, recalled, lines));
            else
                throw new FormatException($"no section is called '{string.Join(' ', heading)}'");
        }
        return new Grammar(_hero ?? throw new FormatException("the grammar has no hero"), _topics, _kinds, _words);
    }

    private IEnumerable<(string[] Heading, List<string> Lines)> Sections()
    {
        (string[] Heading, List<string> Lines)? section = null;
        foreach (string line in text.Split('\n').Where(line => !string.IsNullOrWhiteSpace(line)))
        {
            if (char.IsWhiteSpace(line[0]))
            {
                if (section is null)
                    throw new FormatException($"a line before the first heading: '{line.Trim()}'");
                section.Value.Lines.Add(line);
                continue;
            }
            if (section is not null)
                yield return section.Value;
            section = (Split(line), []);
        }
        if (section is not null)
            yield return section.Value;
    }

    private Fact ParseFact(string name, List<string> lines)
    {
        string[] columns = Split(lines[0]);
        var values = lines.Skip(1).Select(line => Split(line).Select(Number).ToArray()).ToList();
        if (values.Count == 0 || values.Any(row => row.Length != columns.Length))
            throw new FormatException($"'{name}' needs rows of {columns.Length} words");
        return new Fact(name, columns, values);
    }

    private SentenceKind ParseKind(Role role, string? topicName, List<string> lines)
    {
        int topic = topicName is null ? -1 : _topics.FindIndex(t => t.Name == topicName);
        if (topicName is not null && topic < 0)
            throw new FormatException($"no topic is called '{topicName}'");
        var phrasings = lines.Select(line => ParsePhrasing(Split(line), topic)).ToList();
        if (phrasings.Count == 0 || phrasings.Any(p => p.Length != phrasings[0].Length))
            throw new FormatException($"phrasings of different length: '{lines.FirstOrDefault()?.Trim()}'");
        return new SentenceKind(role, topic, phrasings);
    }

    // "Every" at the beginning is "every"; whoever writes the sentence capitalises it again.
    private Slot[] ParsePhrasing(string[] words, int topic)
    {
        words[0] = words[0].StartsWith('{') ? words[0] : words[0].ToLowerInvariant();
        return [.. words.Select(word => ParseSlot(word, topic))];
    }

    private Slot ParseSlot(string word, int topic)
    {
        if (!(word.StartsWith('{') && word.EndsWith('}')))
            return new Slot([new Choice(ChoiceSource.Word, Number(word))]);
        return new Slot([.. word[1..^1].Split('|').SelectMany(alternative => ParseAlternative(alternative, topic))]);
    }

    private IEnumerable<Choice> ParseAlternative(string alternative, int topic)
    {
        if (_classes.TryGetValue(alternative, out int[]? words))
            return words.Select(word => new Choice(ChoiceSource.Word, word));
        string[] parts = alternative.Split('.');
        if (parts[0] == _hero?.Name)
            return [new Choice(ChoiceSource.Hero, Column(_hero, parts))];
        if (topic >= 0 && parts[0] == _topics[topic].Name)
            return [new Choice(ChoiceSource.Topic, Column(_topics[topic], parts))];
        if (parts.Length > 1)
            throw new FormatException($"this sentence cannot speak of '{alternative}'");
        return [new Choice(ChoiceSource.Word, Number(alternative))];
    }

    private static int Column(Fact fact, string[] parts)
    {
        int column = parts.Length == 1 ? 0 : fact.Columns.ToList().IndexOf(parts[1]);
        return column >= 0 ? column : throw new FormatException($"'{fact.Name}' has no column '{parts[1]}'");
    }

    // A word is the same word whether or not it is capitalised; it is written as it was first met inside a sentence or table.
    private int Number(string word)
    {
        if (_numbers.TryGetValue(word, out int number))
            return number;
        _words.Add(word);
        return _numbers[word] = _words.Count - 1;
    }

    private static string[] Split(string line) => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
}
