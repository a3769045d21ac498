using Xunit;

namespace BareBert.Tests;

/// <summary>What becomes of scores: spans within the context only, each once, with their probabilities.</summary>
public sealed class QaDecoderTests
{
    private const string Context = "oak red elm twenty one ash";

    // [CLS] which colour [SEP] oak red elm twenty one ash [SEP]
    private static readonly QaWindow Window = Windows(Context, 32)[0];

    [Fact]
    public void The_best_span_is_cut_from_the_context()
    {
        QaPrediction prediction = Decode(new QaDecoder(), QaLogits.Of(Window, (7, 0, 3), (8, 1, 2), (5, 0, 1), (5, 1, 1)));
        QaCandidate best = prediction.Candidates[0];
        Assert.Equal(("twenty one", 12, 22, 5.0), (best.Text, best.Start, best.End, best.Score));
        Assert.Equal(0, prediction.NullScore);
        Assert.True(Math.Abs(prediction.Candidates.Sum(c => c.Probability) - 1) <= 1e-12);
        Assert.Equal(prediction.Candidates.OrderByDescending(c => c.Probability), prediction.Candidates);
        Assert.Equal(20, prediction.Candidates.Count);
    }

    [Fact]
    public void The_question_and_special_tokens_are_no_answers()
    {
        QaPrediction prediction = Decode(new QaDecoder(), QaLogits.Of(Window, (1, 0, 50), (2, 1, 50), (10, 0, 50), (10, 1, 50), (0, 0, 50), (0, 1, 50), (6, 0, 1), (6, 1, 1)));
        Assert.Equal("elm", prediction.BestText);
        Assert.Equal(100, prediction.NullScore);
    }

    [Fact]
    public void Ends_before_starts_and_spans_over_the_limit_are_no_answers()
    {
        QaPrediction crossed = Decode(new QaDecoder(), QaLogits.Of(Window, (9, 0, 9), (4, 1, 9), (5, 0, 5), (6, 1, 5)));
        Assert.Equal(("red elm", 10.0), (crossed.BestText, crossed.Candidates[0].Score));
        ReadOnlyMemory<float> whole = QaLogits.Of(Window, (4, 0, 5), (9, 1, 5));
        Assert.Equal(Context, Decode(new QaDecoder(MaxAnswer: 6), whole).BestText);
        QaPrediction brief = Decode(new QaDecoder(MaxAnswer: 2), whole);
        Assert.Equal(("oak", 5.0), (brief.BestText, brief.Candidates[0].Score));
        Assert.All(brief.Candidates, c => Assert.True(c.Text.Count(ch => ch == ' ') <= 1));
    }

    [Fact]
    public void Equal_scores_go_to_the_earlier_span()
    {
        QaPrediction prediction = Decode(new QaDecoder(NBest: 3), QaLogits.Of(Window));
        Assert.Equal(["oak", "oak red", "oak red elm"], prediction.Candidates.Select(c => c.Text));
    }

    [Fact]
    public void Overlapping_windows_give_a_span_once_with_its_better_score()
    {
        string context = string.Join(' ', Enumerable.Range(0, 20).Select(i => i == 10 ? "red" : "oak"));
        QaWindow[] windows = Windows(context, 17);
        Assert.Equal(2, windows.Length);
        int at = context.IndexOf("red", StringComparison.Ordinal);
        int[] token = [.. windows.Select(w => w.Tokens.Starts.ToArray().Select((s, i) => (s, i)).Last(t => t.s == at && w.Tokens.Texts[t.i] == 1).i)];
        QaPrediction prediction = new QaDecoder().Decode(context, windows,
        [
            QaLogits.Of(windows[0], (token[0], 0, 4), (token[0], 1, 4), (0, 0, 2)),
            QaLogits.Of(windows[1], (token[1], 0, 5), (token[1], 1, 5), (0, 0, 3)),
        ]);
        Assert.Equal(("red", 10.0, 2.0), (prediction.BestText, prediction.Candidates[0].Score, prediction.NullScore));
        Assert.Equal(prediction.Candidates.Count, prediction.Candidates.DistinctBy(c => (c.Start, c.End)).Count());
    }

    [Fact]
    public void No_answer_wins_above_the_threshold_only()
    {
        QaPrediction prediction = Decode(new QaDecoder(), QaLogits.Of(Window, (0, 0, 1), (0, 1, 1), (5, 0, 1), (5, 1, 1)));
        Assert.Equal(0.5, prediction.NoAnswerProbability);
        Assert.Equal("red", prediction.Answer(null));
        Assert.Equal("red", prediction.Answer(0.5));
        Assert.Equal("", prediction.Answer(0.49));
        QaCandidate[] mixed = [.. prediction.WithNoAnswer(5)];
        Assert.Equal(5, mixed.Length);
        Assert.Contains(mixed, c => c.Text == "");
        Assert.True(Math.Abs(mixed.Sum(c => c.Probability) - 1) <= 1e-12);
    }

    [Fact]
    public void No_answer_is_listed_even_where_it_is_not_among_the_best()
    {
        QaPrediction prediction = Decode(new QaDecoder(), QaLogits.Of(Window, (0, 0, -9), (0, 1, -9), (5, 0, 1), (5, 1, 1)));
        QaCandidate[] listed = [.. prediction.WithNoAnswer(2)];
        Assert.Equal((3, "red", ""), (listed.Length, listed[0].Text, listed[2].Text));
        Assert.Equal(-18, listed[2].Score);
        Assert.True(Math.Abs(listed.Sum(c => c.Probability) - 1) <= 1e-12);
    }

    [Fact]
    public void A_context_without_tokens_has_no_answer()
    {
        QaWindow[] windows = Windows("\u200b \n", 32);
        QaPrediction prediction = new QaDecoder().Decode("\u200b \n", windows, [QaLogits.Of(windows[0])]);
        Assert.Equal(("", 0, 1.0), (prediction.BestText, prediction.Candidates.Count, prediction.NoAnswerProbability));
        Assert.Equal("", prediction.Answer(null));
    }

    [Fact]
    public void The_threshold_that_is_chosen_gives_the_best_F1_there_is()
    {
        SquadDataset data = QaWorld.Make(9, 15, unanswerable: true);
        var random = new PhiloxStream(4, 4);
        var predictions = new List<QaPrediction>();
        foreach ((SquadParagraph paragraph, SquadQuestion question) in data.Questions)
        {
            string text = random.NextInt(4) > 0 && !question.IsImpossible ? question.AnswerTexts[0] : paragraph.Context[..3];
            predictions.Add(new QaPrediction([new QaCandidate(text, 0, 1, random.NextNormal() + (question.IsImpossible ? -1 : 1), 1)], random.NextNormal()));
        }
        var outcome = new QaOutcome("valid", 0, data, predictions);
        double F1(double threshold) => outcome.ToEvaluation(threshold)["f1"];
        double chosen = outcome.BestThreshold(), best = F1(chosen);
        Assert.All(predictions.Select(p => p.NoAnswerProbability).Append(0).Append(1), t => Assert.True(F1(t) <= best + 1e-9));
        Assert.True(best > F1(1), "answering everything is not the best here");
    }

    private static QaPrediction Decode(QaDecoder decoder, ReadOnlyMemory<float> logits) => decoder.Decode(Context, [Window], [logits]);

    private static QaWindow[] Windows(string context, int maxLength) =>
        [.. new QaEncoder(QaWorld.Tokenizer, new QaEncoding(maxLength, 4, 2)).Windows("which colour", context).Select(s => new QaWindow(0, s, 0, 0))];
}
