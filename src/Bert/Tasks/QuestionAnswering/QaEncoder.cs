using BareBert.Kernels;

namespace BareBert.Bert.Tasks;

/// <summary>Cuts a question and its context into windows, and finds the answer's tokens in each.</summary>
/// <remarks>As <c>run_squad</c> of google-research/bert and <c>run_qa</c> of transformers do, by offsets into the original context.</remarks>
public sealed class QaEncoder
{
    /// <summary>The second text of a window; the question is the first.</summary>
    internal const int Context = 1;

    private readonly SubwordTokenizer _tokenizer;
    private readonly QaEncoding _encoding;
    private readonly SequenceEncoder _sequences;

    /// <param name="tokenizer">The model's.</param>
    /// <param name="encoding">Validated.</param>
    public QaEncoder(SubwordTokenizer tokenizer, QaEncoding encoding)
    {
        (_tokenizer, _encoding) = (tokenizer, encoding);
        _sequences = new SequenceEncoder(tokenizer, new SequenceOptions(encoding.MaxLength, Truncation.OnlySecond, encoding.DocStride));
    }

    /// <summary>The windows of one question, without labels.</summary>
    public IReadOnlyList<TokenSequence> Windows(string question, string context) => _sequences.EncodeWindows(Shortened(question), context);

    /// <summary>Whether a question is over its most tokens.</summary>
    public bool Cuts(string question) => _tokenizer.Tokenize(question).Count > _encoding.MaxQuestion;

    /// <summary>The windows of one question with their labels.</summary>
    /// <param name="index">The question's index.</param>
    /// <param name="question">The question; the first of its answers is the label.</param>
    /// <param name="context">Its paragraph.</param>
    public QaWindow[] Label(int index, SquadQuestion question, string context)
    {
        IReadOnlyList<TokenSequence> windows = Windows(question.Question, context);
        if (!question.HasTarget)
            return [.. windows.Select(w => new QaWindow(index, w, Labels.Ignore, Labels.Ignore))];
        if (question.IsImpossible)
            return [.. windows.Select(w => new QaWindow(index, w, 0, 0))];
        (int from, int to) = Trimmed(context, question.Answers[0].Start, question.Answers[0].End);
        return [.. windows.Select((w, i) =>
        {
            (int start, int end) = Find(w, from, to, isFirst: i == 0, isLast: i == windows.Count - 1);
            return new QaWindow(index, w, start, end);
        })];
    }

    /// <summary>The tokens of a window that the characters [from, to) of the context touch; (0, 0) where it does not hold them all.</summary>
    /// <param name="window">The window.</param>
    /// <param name="from">First character.</param>
    /// <param name="to">One past the last.</param>
    /// <param name="isFirst">Whether the context begins in this window.</param>
    /// <param name="isLast">Whether it ends there.</param>
    public static (int Start, int End) Find(TokenSequence window, int from, int to, bool isFirst, bool isLast)
    {
        (int first, int last) = window.TokensOf(Context);
        last--;
        int start = first, end = last;
        while (start <= last && window.Ends[start] <= from)
            start++;
        while (end >= first && window.Starts[end] >= to)
            end--;
        if (start > end)
            return (0, 0);

        // At the window's edge, tokens of the answer may lie outside it.
        bool begins = start > first || isFirst || window.Starts[start] <= from;
        bool finishes = end < last || isLast || window.Ends[end] >= to;
        return begins && finishes ? (start, end) : (0, 0);
    }

    /// <summary>A span without the white space at its edges, which no token stands for.</summary>
    internal static (int From, int To) Trimmed(string context, int from, int to)
    {
        while (from < to && char.IsWhiteSpace(context[from]))
            from++;
        while (to > from && char.IsWhiteSpace(context[to - 1]))
            to--;
        return (from, to);
    }

    private string Shortened(string question)
    {
        PieceList pieces = _tokenizer.Tokenize(question);
        return pieces.Count <= _encoding.MaxQuestion ? question : question[..pieces.Ends[_encoding.MaxQuestion - 1]];
    }
}
