namespace BareBert.Bert.Data;

/// <summary>Reads questions with their answers, and counts what is odd.</summary>
internal sealed class SquadQuestions
{
    private readonly HashSet<string> _ids = [];
    private string? _firstSkipped, _firstUnlabelled;
    private int _contradictory, _noTarget, _empty;

    /// <summary>Questions read.</summary>
    public int Count { get; private set; }

    /// <summary>Whether some question has no answer.</summary>
    public bool HasUnanswerable { get; private set; }

    /// <summary>Answers that do not stand in the context where the file says.</summary>
    public int Skipped { get; private set; }

    /// <summary>Questions of which the file does not say whether they have an answer.</summary>
    public int Unlabelled { get; private set; }

    /// <summary>
    /// Reads one. By one rule for training and scoring: one that is marked impossible has no answer, whatever else is listed; one with
    /// an empty list of answers has none; one with neither list nor mark is unlabelled.
    /// </summary>
    /// <returns>Null of an unlabelled one.</returns>
    /// <exception cref="InputException">It is not of that shape, or has an earlier one's id.</exception>
    public SquadQuestion? Read(JsonCursor question, CodePointOffsets offsets)
    {
        JsonCursor idAt = question.Member("id");
        string id = idAt.Word();
        if (!_ids.Add(id))
            throw idAt.Wrong($"the id {Printable.Quote(id)} stands twice");
        string asked = question.Member("question").Text();
        bool isImpossible = question.Find("is_impossible")?.Truth() ?? false;
        if (question.Find("answers") is not { } answersAt)
        {
            if (isImpossible)
                return Add(new SquadQuestion(id, asked, true, [], []));
            Unlabelled++;
            _firstUnlabelled ??= question.Path;
            return null;
        }
        (JsonCursor At, string Text, int Start)[] listed = [.. Answers(answersAt)];
        if (isImpossible || listed.Length == 0)
        {
            _contradictory += listed.Length > 0 ? 1 : 0;
            return Add(new SquadQuestion(id, asked, true, [], []));
        }
        List<SquadAnswer> answers = [];
        foreach ((JsonCursor at, string text, int start) in listed)
        {
            if (offsets.Locate(text, start) is { } found)
            {
                answers.Add(found);
                continue;
            }
            Skipped++;
            _firstSkipped ??= at.Path;
        }
        _noTarget += answers.Count == 0 ? 1 : 0;
        return Add(new SquadQuestion(id, asked, false, answers, [.. listed.Select(answer => answer.Text)]));
    }

    /// <summary>What was odd, one line each.</summary>
    public string[] Notices(string path)
    {
        List<string> notices = [];
        if (Skipped > 0)
            notices.Add($"{Skipped:N0} answers do not stand in the context at their offset and were skipped ({_noTarget:N0} questions have no other): {path}, the first at {_firstSkipped}");
        if (_contradictory > 0)
            notices.Add($"{_contradictory:N0} questions are marked impossible but have answers; they are taken as impossible: {path}");
        if (Unlabelled > 0)
            notices.Add($"{Unlabelled:N0} questions have no answers, and no word that there are none; they are neither learned from nor scored: {path}, the first at {_firstUnlabelled}");
        if (_empty > 0)
            notices.Add($"{_empty:N0} questions are empty; they are scored, but not learned from: {path}");
        return [.. notices];
    }

    private SquadQuestion Add(SquadQuestion question)
    {
        Count++;
        HasUnanswerable |= question.IsImpossible;
        _empty += question.IsEmpty ? 1 : 0;
        return question;
    }

    // A list of answers; or the datasets library's list of texts beside a list of starts.
    private static IEnumerable<(JsonCursor At, string Text, int Start)> Answers(JsonCursor answers)
    {
        if (!answers.IsObject)
            return answers.Items().Select(answer => (answer, answer.Member("text").Text(), answer.Member("answer_start").Whole()));
        JsonCursor[] texts = [.. answers.Member("text").Items()], starts = [.. answers.Member("answer_start").Items()];
        return texts.Length == starts.Length ? texts.Zip(starts, (text, start) => (text, text.Text(), start.Whole()))
            : throw answers.Wrong($"{texts.Length} texts have {starts.Length} starts");
    }
}
