using System.Security.Cryptography;
using System.Text;

namespace BareBert.Bert.Tasks;

/// <summary>Questions as windows of token ids: each is tokenised once, before training.</summary>
internal sealed class QaExamples
{
    private readonly QaWindow[] _windows;
    private readonly int[] _firstWindow; // [questions + 1]

    private QaExamples(SquadDataset data, (SquadParagraph Paragraph, SquadQuestion Question)[] questions, QaWindow[][] windows)
    {
        (Data, Questions) = (data, questions);
        _windows = [.. windows.SelectMany(w => w)];
        Sequences = [.. _windows.Select(w => w.Tokens)];
        _firstWindow = new int[questions.Length + 1];
        for (int i = 0; i < questions.Length; i++)
            _firstWindow[i + 1] = _firstWindow[i] + windows[i].Length;
        Unmapped = Enumerable.Range(0, questions.Length)
            .Count(q => !questions[q].Question.IsImpossible && questions[q].Question.HasTarget && !WindowsOf(q).Any(w => w.HasAnswer));
    }

    /// <summary>What they were made of.</summary>
    public SquadDataset Data { get; }

    /// <summary>The questions, each with its paragraph.</summary>
    public IReadOnlyList<(SquadParagraph Paragraph, SquadQuestion Question)> Questions { get; }

    /// <summary>Number of windows.</summary>
    public int Count => _windows.Length;

    /// <summary>Questions with an answer that no window holds whole (an answer longer than a window): none of their windows can teach it.</summary>
    public int Unmapped { get; }

    /// <summary>Questions that were left out: empty ones, and those whose answer is not known or in no window.</summary>
    public int LeftOut { get; private init; }

    /// <summary>Questions, of all that were given, that were over their most tokens and lost their end.</summary>
    public int CutQuestions { get; private init; }

    /// <summary>Tokens of all windows.</summary>
    public long Tokens => _windows.Sum(w => (long)w.Tokens.Length);

    /// <summary>The windows' tokens.</summary>
    public IReadOnlyList<TokenSequence> Sequences { get; }

    /// <summary>One window.</summary>
    public QaWindow this[int window] => _windows[window];

    /// <summary>The windows of a question, in the order of the context.</summary>
    public ReadOnlySpan<QaWindow> WindowSpan(int question) => _windows.AsSpan(FirstWindowOf(question)..FirstWindowOf(question + 1));

    /// <summary>A question's first window; that of the next question is one past its last.</summary>
    public int FirstWindowOf(int question) => _firstWindow[question];

    /// <summary>Windows to learn from, without the questions of <see cref="LeftOut"/>.</summary>
    /// <exception cref="InputException">Nothing is left.</exception>
    public static QaExamples ForTraining(SquadDataset data, SubwordTokenizer tokenizer, QaEncoding encoding)
    {
        QaExamples all = ForEvaluation(data, tokenizer, encoding);
        int[] kept = [.. Enumerable.Range(0, all.Questions.Count).Where(all.CanTeach)];
        if (kept.Length == 0)
            throw new InputException("there is nothing to learn from: no question has an answer that stands in its context and in a window; give a SQuAD file with answers");
        return new QaExamples(data, [.. kept.Select(q => all.Questions[q])],
            [.. kept.Select((q, i) => all.WindowSpan(q).ToArray().Select(w => w with { Question = i }).ToArray())])
        {
            LeftOut = all.Questions.Count - kept.Length,
            CutQuestions = all.CutQuestions,
        };
    }

    /// <summary>Windows of all questions.</summary>
    public static QaExamples ForEvaluation(SquadDataset data, SubwordTokenizer tokenizer, QaEncoding encoding)
    {
        var encoder = new QaEncoder(tokenizer, encoding);
        (SquadParagraph Paragraph, SquadQuestion Question)[] questions = [.. data.Questions];
        var windows = new QaWindow[questions.Length][];
        int cut = 0;
        InParallel.For(questions.Length, i =>
        {
            windows[i] = encoder.Label(i, questions[i].Question, questions[i].Paragraph.Context);
            if (encoder.Cuts(questions[i].Question.Question))
                Interlocked.Increment(ref cut);
        });
        return new QaExamples(data, questions, windows) { CutQuestions = cut };
    }

    /// <summary>A hash of all questions, contexts and answers: a resumed run must find the same ones.</summary>
    public static string Fingerprint(params ReadOnlySpan<SquadDataset> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (SquadDataset part in parts)
        {
            foreach ((SquadParagraph paragraph, SquadQuestion question) in part.Questions)
            {
                string answers = string.Join('\0', question.Answers.Select(a => $"{a.Start}:{a.Text}"));
                hash.AppendData(Encoding.UTF8.GetBytes($"{question.Id}\0{question.Question}\0{paragraph.Context}\0{question.IsImpossible}\0{answers}\n"));
            }
            hash.AppendData("\0\n"u8);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private bool CanTeach(int question)
    {
        SquadQuestion asked = Questions[question].Question;
        return !asked.IsEmpty && (asked.IsImpossible || asked.HasTarget && WindowsOf(question).Any(w => w.HasAnswer));
    }

    private IEnumerable<QaWindow> WindowsOf(int question) => _windows[FirstWindowOf(question)..FirstWindowOf(question + 1)];
}
