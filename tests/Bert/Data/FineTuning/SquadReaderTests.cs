using Xunit;

namespace BareBert.Tests;

public sealed class SquadReaderTests : IDisposable
{
    private const string Good = """
        {"version": "v2.0", "data": [{"title": "T", "paragraphs": [{"context": "In 𝒜 the cat 🐈 sat.", "qas": [
          {"id": "1", "question": "Who?", "answers": [{"text": "the cat", "answer_start": 5}, {"text": "🐈", "answer_start": 13}], "is_impossible": false},
          {"id": "2", "question": "Why?", "answers": [], "plausible_answers": [{"text": "x", "answer_start": 0}], "is_impossible": true}]}]}]}
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void OffsetsCountCodePointsInTheFileAndCharactersHere()
    {
        var data = Read(Good);
        var (paragraph, question) = data.Questions.First();
        Assert.Equal([new SquadAnswer("the cat", 6, 13), new SquadAnswer("🐈", 14, 16)], question.Answers);
        Assert.All(question.Answers, a => Assert.Equal(a.Text, paragraph.Context[a.Start..a.End]));
        Assert.True(data.HasUnanswerable);
        Assert.True(data.Questions.Last().Question.IsImpossible);
        Assert.Empty(data.Notices);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(-1)]
    [InlineData(19)]
    [InlineData(int.MaxValue)]
    public void AnswersThatDoNotStandThereAreCountedReportedAndSkipped(int start)
    {
        var data = Read(Good.Replace("\"answer_start\": 13", $"\"answer_start\": {start}"));
        Assert.Equal(1, data.SkippedAnswers);
        Assert.Single(data.Questions.First().Question.Answers);
        Assert.Equal(["the cat", "🐈"], data.Questions.First().Question.AnswerTexts);
        Assert.Contains("$.data[0].paragraphs[0].qas[0].answers[1]", data.Notices.Single());
    }

    [Theory]
    [InlineData("\"data\"", "\"dada\"", "\"data\" is missing", "$")]
    [InlineData("\"question\": \"Why?\"", "\"question\": 3", "not a string", "$.data[0].paragraphs[0].qas[1].question")]
    [InlineData("\"answer_start\": 13", "\"answer_start\": 1.5", "not a whole number", "$.data[0].paragraphs[0].qas[0].answers[1].answer_start")]
    [InlineData("\"id\": \"2\"", "\"id\": \"1\"", "stands twice", "$.data[0].paragraphs[0].qas[1].id")]
    [InlineData("\"is_impossible\": true", "\"is_impossible\": \"yes\"", "not true or false", "qas[1].is_impossible")]
    [InlineData("\"context\": \"In", "\"context\": \"\\ud800In", "not Unicode", "$.data[0].paragraphs[0].context")]
    [InlineData("\"paragraphs\": [", "\"paragraphs\": 3, \"p\": [", "not a list", "$.data[0].paragraphs")]
    public void SaysWhereInTheFileItIsWrong(string good, string bad, string why, string where)
    {
        string message = Assert.Throws<InputException>(() => Read(Good.Replace(good, bad))).Message;
        Assert.Contains(why, message);
        Assert.Contains(where, message);
    }

    [Theory]
    [InlineData("\"id\": \"2\"", "\"id\": 7211011")]
    [InlineData("\"is_impossible\": true", "\"is_impossible\": 1")]
    [InlineData("\"is_impossible\": false", "\"is_impossible\": 0")]
    [InlineData("\"answers\": [], ", "")]
    [InlineData("[{\"text\": \"the cat\", \"answer_start\": 5}, {\"text\": \"🐈\", \"answer_start\": 13}]", "{\"text\": [\"the cat\", \"🐈\"], \"answer_start\": [5, 13]}")]
    public void OtherWritersWaysAreRead(string good, string other)
    {
        SquadDataset data = Read(Good.Replace(good, other));
        Assert.Equal(["the cat", "🐈"], data.Questions.First().Question.AnswerTexts);
        Assert.True(data.Questions.Last().Question.IsImpossible);
        Assert.Empty(data.Notices);
    }

    [Fact]
    public void ImpossibleQuestionsHaveNoAnswersInTrainingAndScoring()
    {
        SquadDataset data = Read(Good.Replace("\"is_impossible\": false", "\"is_impossible\": true"));
        Assert.All(data.Questions, q => Assert.Empty(q.Question.AnswerTexts));
        Assert.Contains("they are taken as impossible", data.Notices.Single());
        Assert.Equal(100, data.Score(new Dictionary<string, string> { ["1"] = "", ["2"] = "" }).Overall.ExactMatch);
    }

    [Fact]
    public void QuestionsThatDoNotSayWhetherThereIsAnAnswerAreCountedAndLeftOut()
    {
        SquadDataset data = Read(Good.Replace("\"answers\": [], ", "").Replace("\"is_impossible\": true", "\"is_impossible\": false"));
        Assert.Equal("1", data.Questions.Single().Question.Id);
        Assert.Contains("neither learned from nor scored", data.Notices.Single());
        Refusals.Of(() => Read("{\"data\": [{\"paragraphs\": [{\"context\": \"a\", \"qas\": [{\"id\": \"a\", \"question\": \"who?\"}]}]}]}"), "no question that says whether it has an answer");
    }

    [Theory]
    [InlineData("s.jsonl", "{0}\n{1}\n")]
    [InlineData("s.json", "[{0}, {1}]")]
    [InlineData("s.json", "{{\"data\": [{0}, {1}]}}")]
    public void TablesOfQuestionsAreRead(string name, string layout)
    {
        const string first = "{\"id\": \"1\", \"title\": \"T\", \"context\": \"the cat sat\", \"question\": \"Who?\", \"answers\": {\"text\": [\"the cat\"], \"answer_start\": [0]}}";
        const string second = "{\"id\": \"2\", \"title\": \"T\", \"context\": \"the cat sat\", \"question\": \"Why?\", \"answers\": {\"text\": [], \"answer_start\": []}}";
        string text = string.Format(null, layout, first, second);
        SquadDataset data = SquadReader.Read(_folder.Write(name, text));
        Assert.Equal((1, 1, 2), (data.Articles.Count, data.Articles[0].Paragraphs.Count, data.QuestionCount));
        Assert.Equal(new SquadAnswer("the cat", 0, 7), data.Questions.First().Question.Answers.Single());
        Assert.True(data.Questions.Last().Question.IsImpossible);
        Fuzz.ReadsOrRefuses(text, bytes => SquadReader.Read(_folder.Write(name, bytes)), 150);
        Refusals.Of(() => SquadReader.Read(_folder.Write(name, text.Replace("[0]", "[0, 3]"))), "1 texts have 2 starts", "[0].answers");
    }

    [Fact]
    public void RefusesWhatIsCutShortEmptyOrDeep()
    {
        string Error(string json) => Assert.Throws<InputException>(() => Read(json)).Message;
        Assert.Contains("not JSON", Error(Good[..^4]));
        Assert.Contains("not JSON", Error(""));
        Assert.Contains("not JSON", Error(new string('[', 100_000)));
        Assert.Contains("no question", Error("{\"data\": []}"));
        Assert.Contains("not an object", Error("[]"));
    }

    [Fact]
    public void AnyBytesAreReadOrRefused() => Fuzz.ReadsOrRefuses(Good, bytes => SquadReader.Read(_folder.Write("f.json", bytes)), 500);

    [Theory]
    [InlineData("dev-v1.1.json", 10_570, 0, 48)]
    [InlineData("train-v1.1.subset-11877.json", 11_877, 0, 44)]
    [InlineData("dev-v2.0.derived.json", 11_873, 5_945, 35)]
    public void ReadsTheRealFiles(string name, int questions, int impossible, int articles)
    {
        var data = SquadReader.Read(SharedData.Require("squad", name));
        Assert.Equal((questions, impossible, articles), (data.QuestionCount, data.Questions.Count(q => q.Question.IsImpossible), data.Articles.Count));
        Assert.Equal(0, data.SkippedAnswers);
        Assert.Equal(impossible > 0, data.HasUnanswerable);

        var (train, validation) = data.SplitByArticle(0.2, 3);
        Assert.Equal(questions, train.QuestionCount + validation.QuestionCount);
        Assert.Empty(train.Articles.Intersect(validation.Articles));
        Assert.True(Math.Abs(validation.QuestionCount - 0.2 * questions) <= 0.05 * questions);

        // Answers such as "The" have no words once normalised, and v1.1 gives no F1 for them: predict one that has.
        var perfect = data.Score(data.Questions.ToDictionary(
            q => q.Question.Id, q => q.Question.AnswerTexts.FirstOrDefault(a => SquadAnswerText.Normalize(a) != "", "")));
        Assert.Equal((100.0, 100.0), (perfect.Overall.ExactMatch, perfect.Overall.F1));
    }

    [Fact]
    public void OneArticleCannotBeSplit() =>
        Assert.Contains("cannot be split by article", Assert.Throws<InputException>(() => Read(Good).SplitByArticle(0.5, 1)).Message);

    private SquadDataset Read(string json) => SquadReader.Read(_folder.Write("s.json", json));
}
