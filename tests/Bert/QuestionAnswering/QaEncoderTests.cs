using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>Answers become token labels, window by window, and labels become the same answers again.</summary>
public sealed class QaEncoderTests
{
    // [CLS] which colour [SEP] and 12 context tokens, of which the next window repeats 4, and [SEP].
    private static readonly QaEncoding Encoding = new(MaxLength: 17, DocStride: 4, MaxQuestion: 2);
    private static readonly string Context = string.Join(' ', Enumerable.Range(0, 28).Select(i => i switch { 10 => "twenty", 11 => "one", _ => "oak" }));

    [Fact]
    public void Only_windows_that_hold_the_whole_answer_point_at_it()
    {
        QaWindow[] windows = Label("twenty one");
        Assert.Equal(3, windows.Length);
        Assert.Equal([(14, 15), (6, 7), (0, 0)], windows.Select(w => (w.Start, w.End)));
        Assert.All(windows.Take(2), w => Assert.Equal("twenty one", Context[w.Tokens.Starts[w.Start]..w.Tokens.Ends[w.End]]));
    }

    [Fact]
    public void An_answer_that_a_window_cuts_is_not_in_it()
    {
        QaWindow[] windows = Label("oak oak twenty one oak");
        Assert.Equal([(0, 0), (4, 8), (0, 0)], windows.Select(w => (w.Start, w.End)));
    }

    [Fact]
    public void A_piece_of_a_word_is_labelled_with_the_whole_word()
    {
        int start = Context.IndexOf("wenty", StringComparison.Ordinal);
        QaWindow window = Label(new SquadAnswer("wenty", start, start + 5))[0];
        Assert.Equal((14, 14), (window.Start, window.End));
    }

    [Fact]
    public void Unanswerable_questions_point_at_CLS_and_unknown_answers_nowhere()
    {
        var encoder = new QaEncoder(QaWorld.Tokenizer, Encoding);
        Assert.All(encoder.Label(0, new SquadQuestion("a", "which animal", true, [], []), Context), w => Assert.Equal((0, 0, true), (w.Start, w.End, w.IsLabelled)));
        Assert.All(encoder.Label(0, new SquadQuestion("b", "which colour", false, [], ["pink"]), Context), w => Assert.False(w.IsLabelled));
    }

    /// <summary>RoBERTa's template is like that, and every model of one token type has to have such a one.</summary>
    [Fact]
    public void The_context_is_found_where_its_tokens_have_the_questions_type()
    {
        SpecialTokens special = QaWorld.Tokenizer.Special;
        TemplatePart cls = new(-1, special.Cls, 0), sep = new(-1, special.Sep, 0), first = new(0, -1, 0), second = new(1, -1, 0);
        var template = new SequenceTemplate([cls, first, sep], [cls, first, sep, sep, second, sep]);
        var tokenizer = new WordPieceTokenizer(
            QaWorld.Vocabulary, null, TokenizerTraits.Of(QaWorld.Vocabulary.Tokens, SpecialNames.Bert, [], "test") with { Template = template });
        QaWindow window = new QaEncoder(tokenizer, Encoding).Label(
            0, new SquadQuestion("a", "which colour", false, [new SquadAnswer("red", 4, 7)], ["red"]), "oak red elm")[0];
        Assert.Equal((6, 6), (window.Start, window.End));
        QaPrediction prediction = new QaDecoder().Decode("oak red elm", [window], [QaLogits.Pointing(window)]);
        Assert.Equal("red", prediction.BestText);
        Assert.All(prediction.Candidates, candidate => Assert.NotEmpty(candidate.Text));
    }

    [Fact]
    public void A_long_question_is_cut_at_its_end()
    {
        TokenSequence window = new QaEncoder(QaWorld.Tokenizer, Encoding).Windows("which colour oak elm ash", "red")[0];
        Assert.Equal(4, window.FirstSegmentLength);
        Assert.Equal(6, window.Length);
    }

    [Fact]
    public void Offsets_count_UTF16_and_the_text_is_the_contexts_own()
    {
        const string context = "😀 Ôak  \u0301RED\u00a0ash";
        int start = context.IndexOf("RED", StringComparison.Ordinal);
        QaWindow[] windows = new QaEncoder(QaWorld.Tokenizer, Encoding).Label(
            0, new SquadQuestion("a", "which colour", false, [new SquadAnswer("RED", start, start + 3)], ["RED"]), context);
        QaPrediction prediction = new QaDecoder().Decode(context, windows, [QaLogits.Pointing(windows[0])]);
        Assert.Equal("RED", SquadAnswerText.Normalize(prediction.BestText).ToUpperInvariant().Replace("\u0301", "", StringComparison.Ordinal));
        Assert.Equal(prediction.BestText, context[prediction.Candidates[0].Start..prediction.Candidates[0].End]);
    }

    [Fact]
    public void Questions_without_a_label_are_left_out_of_training_and_counted()
    {
        string text = string.Join(' ', Enumerable.Repeat("oak", 30));
        SquadQuestion longAnswer = new("a", "which colour", false, [new SquadAnswer(text, 0, text.Length)], [text]);
        SquadQuestion unknown = new("b", "which colour", false, [], ["pink"]), known = new("c", "which animal", true, [], []);
        var data = new SquadDataset([new SquadArticle("", [new SquadParagraph(text, [longAnswer, unknown, known])])], true, 1, []);
        QaExamples train = QaExamples.ForTraining(data, QaWorld.Tokenizer, Encoding), all = QaExamples.ForEvaluation(data, QaWorld.Tokenizer, Encoding);
        Assert.Equal((1, 2, 0), (train.Questions.Count, train.LeftOut, train.Unmapped));
        Assert.Equal((3, 0, 1), (all.Questions.Count, all.LeftOut, all.Unmapped));
        var hopeless = new SquadDataset([new SquadArticle("", [new SquadParagraph(text, [unknown])])], false, 1, []);
        Refusals.Of(() => QaExamples.ForTraining(hopeless, QaWorld.Tokenizer, Encoding), "nothing to learn from");
    }

    [Theory]
    [InlineData(384, 128, 64, 512, null)]
    [InlineData(384, 128, 64, 256, "256 positions")]
    [InlineData(128, 64, 64, 512, "too short")]
    [InlineData(60, 0, 64, 512, "too short")]
    [InlineData(384, -1, 64, 512, "negative")]
    [InlineData(384, 128, 0, 512, "no question")]
    public void Lengths_that_leave_no_room_are_refused(int maxLength, int stride, int question, int positions, string? message)
    {
        var encoding = new QaEncoding(maxLength, stride, question);
        if (message is null)
            Assert.Same(encoding, encoding.Validate(positions));
        else
            Refusals.Of(() => encoding.Validate(positions), message);
    }

    /// <summary>What the labels say is what the annotators marked, but for spans that begin or end inside a word, and very long ones.</summary>
    [Fact]
    public void Gold_spans_of_SQuAD_survive_the_way_to_tokens_and_back()
    {
        SquadDataset dev = SquadReader.Read(SharedData.Require("squad", "dev-v1.1.json"));
        dev = dev with { Articles = [.. dev.Articles.Take(8)] };
        var tokenizer = new WordPieceTokenizer(Vocabulary.Load(SharedData.Require("vocab", "bert-base-uncased-vocab.txt")));
        QaExamples examples = QaExamples.ForEvaluation(dev, tokenizer, new QaEncoding(MaxLength: 128, DocStride: 40, MaxQuestion: 50));
        Assert.Equal(0, examples.Unmapped);
        Assert.True(examples.Count > examples.Questions.Count, "some contexts take several windows");
        var answers = new OrderedDictionary<string, string>();
        for (int q = 0; q < examples.Questions.Count; q++)
        {
            ReadOnlyMemory<float>[] logits = [.. examples.WindowSpan(q).ToArray().Select(QaLogits.Pointing)];
            answers[examples.Questions[q].Question.Id] = new QaDecoder().Decode(examples.Questions[q].Paragraph.Context, examples.WindowSpan(q), logits).BestText;
        }
        double em = dev.Score(answers).Overall.ExactMatch;
        Assert.True(em >= 99, $"{em:F2} % of {answers.Count} questions");
    }

    private static QaWindow[] Label(string answer)
    {
        int start = Context.IndexOf(answer, StringComparison.Ordinal);
        return Label(new SquadAnswer(answer, start, start + answer.Length));
    }

    private static QaWindow[] Label(SquadAnswer answer) => new QaEncoder(QaWorld.Tokenizer, Encoding).Label(
        7, new SquadQuestion("id", "which colour", false, [answer], [answer.Text]), Context);
}

/// <summary>Scores of a model that is sure.</summary>
internal static class QaLogits
{
    /// <summary>10 at the window's labels, 0 elsewhere.</summary>
    public static ReadOnlyMemory<float> Pointing(QaWindow window) => Of(window, (window.Start, 0, 10), (window.End, 1, 10));

    /// <summary>Given scores, by token and column; 0 elsewhere.</summary>
    public static ReadOnlyMemory<float> Of(QaWindow window, params (int Token, int Column, float Score)[] scores)
    {
        var logits = new float[2 * window.Tokens.Length];
        foreach ((int token, int column, float score) in scores)
            logits[2 * token + column] = score;
        return logits;
    }
}
