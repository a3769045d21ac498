using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace BareBert.Tests;

public class SquadMetricTests
{
    [Theory]
    [InlineData("The  Eiffel-Tower!", "eiffeltower")]
    [InlineData("a an the", "")]
    [InlineData("Another theory, an answer", "another theory answer")]
    [InlineData("U.S.A.", "usa")]
    [InlineData("A.", "")]                       // punctuation goes before articles do
    [InlineData("the-a", "thea")]
    [InlineData("l’a", "l’")]                    // a typographic apostrophe is not ASCII punctuation, but it ends a word
    [InlineData("\u001cone\u00a0two\u2003", "one two")]
    [InlineData("ΟΔΟΣ", "οδος")]
    [InlineData("ὈΔΥΣΣΕΎΣ’", "ὀδυσσεύς’")]
    [InlineData("İ", "i\u0307")]
    [InlineData("a\u0301", "\u0301")]            // a combining mark is no word character in Python's re
    [InlineData("¼ a½", "¼ a½")]
    [InlineData("—the—", "— —")]
    [InlineData("", "")]
    public void NormalisesAsThePythonProgramDoes(string answer, string normal) => Assert.Equal(normal, SquadAnswerText.Normalize(answer));

    [Theory]
    [InlineData("Denver Broncos", "The Denver Broncos!", 1, 1)]
    [InlineData("in the 10th century", "10th century", 0, 0.8)]     // "in" is a word like any other; "the" is not one at all
    [InlineData("10th century", "in the 10th century", 0, 0.8)]
    [InlineData("a b b c", "b b b", 0, 2 * (2 / 3.0) * (2 / 3.0) / (4 / 3.0))] // multiplicity counts: two of three b's; a is an article
    [InlineData("x", "y", 0, 0)]
    public void ComparesByTheRulesAndNothingElse(string gold, string prediction, int exact, double f1)
    {
        Assert.Equal(exact == 1, SquadAnswerText.ExactMatch(gold, prediction));
        MetricGolden.Close(f1, SquadAnswerText.F1V1(gold, prediction));
        MetricGolden.Close(f1, SquadAnswerText.F1V2(gold, prediction));
    }

    [Fact]
    public void NoWordsOnBothSidesIsRightOnlyByV2()
    {
        Assert.Equal(0, SquadAnswerText.F1V1("the", ""));
        Assert.Equal(1, SquadAnswerText.F1V2("the", ""));
        Assert.Equal(0, SquadAnswerText.F1V2("", "x"));
    }

    [Fact]
    public void V1TakesTheBestAnswerAndScoresAMissingOneZero()
    {
        SquadGold[] questions = [new("1", ["Paris", "in Paris"]), new("2", ["1066"]), new("3", ["a b c d"])];
        var scores = SquadEvaluator.ScoreV1(questions, Answers(("1", "In Paris."), ("3", "b c"), ("9", "?")));
        MetricGolden.Close(100 / 3.0, scores.Overall.ExactMatch);
        MetricGolden.Close(100 * (1 + 0.8) / 3, scores.Overall.F1);
        Assert.Equal((1, 1, 3), (scores.Missing, scores.Unknown, scores.Overall.Total));
        Assert.Throws<InputException>(() => SquadEvaluator.ScoreV1([new("1", [])], Answers(("1", ""))));
        Assert.Throws<InputException>(() => SquadEvaluator.ScoreV1([new("1", ["x"]), new("1", ["y"])], Answers()));
        Assert.Throws<InputException>(() => SquadEvaluator.ScoreV1([], Answers()));
    }

    [Fact]
    public void V2BreaksDownByWhetherThereIsAnAnswerAndFindsTheBestThreshold()
    {
        SquadGold[] questions = [new("a", ["x y"]), new("b", ["z"]), new("c", []), new("d", [])];
        var answers = Answers(("a", "x y"), ("b", "w"), ("c", "q"), ("d", ""));
        OrderedDictionary<string, double> probabilities = new() { ["b"] = 0.6, ["a"] = 0.1, ["c"] = 0.9, ["d"] = 0.95 };

        var plain = SquadEvaluator.ScoreV2(questions, answers);
        Assert.Equal(new SquadScore(50, 50, 4), plain.Overall);
        Assert.Equal(new SquadScore(50, 50, 2), plain.HasAnswer!.Value);
        Assert.Equal(new SquadScore(50, 50, 2), plain.NoAnswer!.Value);
        Assert.Null(plain.BestF1);

        // Answering only a (0.1) has a, c and d right: 3 of 4; b adds nothing and c loses one.
        var best = SquadEvaluator.ScoreV2(questions, answers, probabilities, threshold: 0.8);
        Assert.Equal(new SquadBest(75, 0.1), best.BestExactMatch!.Value);
        Assert.Equal(new SquadScore(75, 75, 4), best.Overall); // above 0.8 only c and d: c turns right
        Assert.Throws<InputException>(() => SquadEvaluator.ScoreV2(questions, answers, new() { ["a"] = 0.1 }));
    }

    [Fact]
    public void V2AnswersOfArticlesOnlyCountAsNoAnswerText() => Assert.Equal(
        100, SquadEvaluator.ScoreV2([new("a", ["the"])], Answers(("a", ""))).Overall.ExactMatch);

    [Fact]
    public void ThresholdTiesAreWalkedInFileOrderAsTheOfficialProgramWalksThem()
    {
        SquadGold[] questions = [new("a", ["x"]), new("c", [])];
        var answers = Answers(("a", "x"), ("c", "q"));
        var good = SquadEvaluator.ScoreV2(questions, answers, new() { ["a"] = 0.5, ["c"] = 0.5 });
        var bad = SquadEvaluator.ScoreV2(questions, answers, new() { ["c"] = 0.5, ["a"] = 0.5 });
        Assert.Equal(new SquadBest(100, 0.5), good.BestF1!.Value);
        Assert.Equal(new SquadBest(50, 0), bad.BestF1!.Value);
    }

    [Fact]
    public void EmptyPredictionsScoreTheUnanswerableShare()
    {
        SquadGold[] questions = [new("a", ["x"]), new("b", []), new("c", [])];
        var scores = SquadEvaluator.ScoreV2(questions, Answers(("a", ""), ("b", ""), ("c", "")));
        MetricGolden.Close(200 / 3.0, scores.Overall.F1);
        Assert.Equal(0, scores.HasAnswer!.Value.F1);
        Assert.Equal(100, scores.NoAnswer!.Value.F1);
        var none = SquadEvaluator.ScoreV2(questions, Answers());
        Assert.Equal((0.0, 3), (none.Overall.F1, none.Missing));
    }

    [Fact]
    public void ReadsPredictionFilesAndSaysWhatIsWrongWithThem()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal("é", SquadPredictions.Read(folder.Write("p.json", "{\"1\": \"\\u00e9\"}"))["1"]);
        string Error(string json) => Assert.Throws<InputException>(() => SquadPredictions.ReadNoAnswerProbabilities(folder.Write("n.json", json))).Message;
        Assert.Contains("NaN", Error("{\"1\": NaN}"));
        Assert.Contains("'7'", Error("{\"7\": \"x\"}"));
        Assert.Contains("not a finite number", Error("{\"7\": 1e999}"));
        Assert.Contains("not a JSON object", Error("[1]"));
        Assert.Contains("not JSON", Error("{\"1\": 0.5"));
        Assert.Contains("not Unicode", Assert.Throws<InputException>(() => SquadPredictions.Read(folder.Write("s.json", "{\"1\": \"\\ud800\"}"))).Message);
        Assert.Contains("no such file", Assert.Throws<InputException>(() => SquadPredictions.Read(folder.At("absent.json"))).Message);
    }

    [Fact]
    public void AnyBytesAreReadOrRefused()
    {
        using var folder = new TemporaryFolder();
        Fuzz.ReadsOrRefuses("{\"1\": 0.5, \"2\": -3e2}", bytes => SquadPredictions.ReadNoAnswerProbabilities(folder.Write("f.json", bytes)));
        Fuzz.ReadsOrRefuses("{\"1\": \"a\", \"b\\u00e9\": \"\"}", bytes => SquadPredictions.Read(folder.Write("f.json", bytes)));
    }

    [Fact]
    public void TextScoresAreOverQuestionsWithAnAnswer()
    {
        SquadGold[] questions = [new("1", ["Rome", "in Paris"]), new("2", []), new("3", ["nobody"])];
        var scores = AnswerTextScores.Of(questions, Answers(("1", "in Paris"), ("2", "x")))!;
        Assert.Equal(2, scores.Total);
        MetricGolden.Close(0.5, scores.Rouge1);
        MetricGolden.Close(0.5, scores.SentenceBleu);
        MetricGolden.Close((1 - 0.5 / 8) / 2, scores.Meteor);
        Assert.Null(AnswerTextScores.Of([new("2", [])], Answers()));
    }

    private static Dictionary<string, string> Answers(params (string Id, string Text)[] answers) => answers.ToDictionary(a => a.Id, a => a.Text);
}
