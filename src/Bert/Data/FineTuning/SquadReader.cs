namespace BareBert.Bert.Data;

/// <summary>Reads SQuAD's JSON, v1.1 and v2.0.</summary>
public static class SquadReader
{
    /// <summary>Reads a file. Answers that do not stand in the context at their offset are counted, reported and left out of training.</summary>
    /// <exception cref="InputException">The file cannot be read, is not JSON, is not of that shape, has no question, or an id twice.</exception>
    public static SquadDataset Read(string path)
    {
        using var document = JsonFile.Parse(path);
        var state = new State();
        SquadArticle[] articles = [.. new JsonCursor(document.RootElement, path).Member("data").Items().Select(a => Article(a, state))];
        return state.Ids.Count > 0
            ? new SquadDataset(articles, state.Unanswerable, state.Skipped, state.Notices(path))
            : throw new InputException($"there is no question: {path}; give a SQuAD file with questions");
    }

    private static SquadArticle Article(JsonCursor article, State state) => new(
        article.Find("title")?.Text() ?? "",
        [.. article.Member("paragraphs").Items().Select(p => Paragraph(p, state))]);

    private static SquadParagraph Paragraph(JsonCursor paragraph, State state)
    {
        string context = paragraph.Member("context").Text();
        var offsets = new CodePointOffsets(context);
        return new SquadParagraph(context, [.. paragraph.Member("qas").Items().Select(q => Question(q, context, offsets, state))]);
    }

    private static SquadQuestion Question(JsonCursor question, string context, CodePointOffsets offsets, State state)
    {
        var idAt = question.Member("id");
        string id = idAt.Text();
        if (!state.Ids.Add(id))
            throw idAt.Wrong($"the id {Printable.Quote(id)} stands twice");
        JsonCursor[] listed = [.. question.Find("answers")?.Items() ?? []];
        bool impossible = question.Find("is_impossible")?.Truth() ?? false;
        state.Unanswerable |= impossible || listed.Length == 0;
        state.Contradictory += impossible && listed.Length > 0 ? 1 : 0;

        List<string> texts = [];
        List<SquadAnswer> answers = [];
        foreach (var answer in listed)
        {
            string text = answer.Member("text").Text();
            texts.Add(text);
            if (offsets.Locate(context, text, answer.Member("answer_start").Whole()) is SquadAnswer found)
                answers.Add(found);
            else
                state.Skip(answer);
        }
        state.NoTarget += !impossible && listed.Length > 0 && answers.Count == 0 ? 1 : 0;
        string asked = question.Member("question").Text();
        state.Empty += string.IsNullOrWhiteSpace(asked) ? 1 : 0;
        return new SquadQuestion(id, asked, impossible || listed.Length == 0, impossible ? [] : answers, texts);
    }

    /// <summary>From the file's offsets, in Unicode code points, to .NET's, in UTF-16 characters.</summary>
    private sealed class CodePointOffsets
    {
        private readonly int[]? _utf16; // null where they are the same

        public CodePointOffsets(string context)
        {
            if (!context.Any(char.IsSurrogate))
                return;
            List<int> starts = [];
            for (int i = 0; i < context.Length; i += char.IsSurrogatePair(context, i) ? 2 : 1)
                starts.Add(i);
            _utf16 = [.. starts];
        }

        /// <summary>The answer, if it is not empty and stands in the context at that code point.</summary>
        public SquadAnswer? Locate(string context, string text, int codePoint)
        {
            int limit = _utf16?.Length ?? context.Length;
            if (text.Length == 0 || codePoint < 0 || codePoint >= limit)
                return null;
            int start = _utf16?[codePoint] ?? codePoint;
            return string.CompareOrdinal(context, start, text, 0, text.Length) == 0 ? new SquadAnswer(text, start, start + text.Length) : null;
        }
    }

    private sealed class State
    {
        private string? _firstSkipped;

        public HashSet<string> Ids { get; } = [];
        public bool Unanswerable { get; set; }
        public int Contradictory { get; set; }
        public int NoTarget { get; set; }
        public int Empty { get; set; }
        public int Skipped { get; private set; }

        public void Skip(JsonCursor answer)
        {
            Skipped++;
            _firstSkipped ??= answer.Path;
        }

        public string[] Notices(string path)
        {
            List<string> notices = [];
            if (Skipped > 0)
                notices.Add($"{Skipped:N0} answers do not stand in the context at their offset and were skipped ({NoTarget:N0} questions have no other): {path}, the first at {_firstSkipped}");
            if (Contradictory > 0)
                notices.Add($"{Contradictory:N0} questions are marked impossible but have answers; they are taken as impossible: {path}");
            if (Empty > 0)
                notices.Add($"{Empty:N0} questions are empty; they are scored, but not learned from: {path}");
            return [.. notices];
        }
    }
}
