using System.IO.Compression;
using System.Text.Json.Nodes;
using BareBert.Cli;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>predict --data --out: tables in, tables out, for every task.</summary>
[Collection(nameof(CliCollection))]
public sealed class PredictTableTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly CpuKernels _kernels = new(1);

    public void Dispose()
    {
        _kernels.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Rows_of_texts_keep_their_columns_and_get_what_is_said_of_them()
    {
        string model = Save(BertTasks.Classification, KeywordSentiment.Config);
        string[] texts = [.. KeywordSentiment.Texts(3000, seed: 5).Examples.Select(e => e.Text)];
        string data = _folder.Write("in.csv", "id,text,note\n" + string.Concat(texts.Select((t, i) => $"{i},{t},\"a, \"\"b\"\"\"\n")));
        JsonObject result = Predict(model, data, _folder.At("out.csv"));
        Assert.Equal((3000, 3000), ((int)result["rows"]!, (int)result["predicted"]!));
        using TextClassifier classifier = TextClassifier.Open(model);
        TextPrediction[] alone = [.. classifier.Predict([.. texts.Select(t => (t, (string?)null))])];
        string[] lines = File.ReadAllLines(_folder.At("out.csv"));
        Assert.Equal("id,text,note,predicted_label,predicted_score,probability_negative,probability_positive", lines[0]);
        Assert.DoesNotContain('\r', File.ReadAllText(_folder.At("out.csv")));
        for (int i = 0; i < texts.Length; i++)
            Assert.StartsWith($"{i},{texts[i]},\"a, \"\"b\"\"\",{alone[i].Label},", lines[i + 1]);

        Predict(model, data, _folder.At("out.jsonl.gz"));
        using var unpacked = new StreamReader(new GZipStream(File.OpenRead(_folder.At("out.jsonl.gz")), CompressionMode.Decompress));
        JsonNode first = JsonNode.Parse(unpacked.ReadLine()!)!;
        Assert.Equal(("0", alone[0].Label, "a, \"b\""), ((string?)first["id"], (string?)first["predicted_label"], (string?)first["note"]));
        Assert.Equal(alone[0].Score, (double)first["predicted_score"]!, 1e-6);
    }

    [Fact]
    public void Rows_without_a_text_are_kept_and_counted()
    {
        string model = Save(BertTasks.Classification, KeywordSentiment.Config with { ProblemType = "multi_label_classification" });
        string data = _folder.Write("in.jsonl", "{\"text\": \"the film was good\", \"tags\": [\"x\"]}\n{\"id\": 2}\n{\"text\": \"a dull story\", \"late\": 1.10, \"odd\": true}\n");
        Assert.Equal((3, 2), ((int)Predict(model, data, _folder.At("out.jsonl"))["rows"]!, (int)Predict(model, data, _folder.At("out.jsonl"))["predicted"]!));
        JsonNode[] rows = [.. File.ReadAllLines(_folder.At("out.jsonl")).Select(line => JsonNode.Parse(line)!)];
        Assert.Equal("x", (string?)rows[0]["tags"]![0]);
        Assert.Equal(("2", "1.10", "true"), (rows[1]["id"]!.ToJsonString(), rows[2]["late"]!.ToJsonString(), rows[2]["odd"]!.ToJsonString()));
        Assert.True(rows[0]["predicted_labels"] is JsonArray && rows[1]["predicted_labels"] is null && (double)rows[2]["probability_positive"]! is > 0 and < 1);
        string tsv = _folder.At("out.tsv");
        Predict(model, data, tsv);
        Assert.Equal(4, File.ReadAllLines(tsv).Length);
    }

    [Fact]
    public void Rows_of_questions_and_of_words()
    {
        string qa = Save(BertTasks.QuestionAnswering, KeywordSentiment.Config with { Labels = [] });
        string questions = _folder.Write("q.jsonl", "{\"id\": \"1\", \"question\": \"was the film good\", \"context\": \"the film was good today\", \"answers\": {\"text\": [], \"answer_start\": []}}\n");
        Predict(qa, questions, _folder.At("answers.jsonl"));
        JsonNode answer = JsonNode.Parse(File.ReadAllText(_folder.At("answers.jsonl")))!;
        Assert.Equal((string?)answer["predicted_answer"], "the film was good today"[(int)answer["predicted_start"]!..(int)answer["predicted_end"]!]);
        CliRun.Of("predict", "--model", qa, "--data", _folder.Write("t.csv", "text\na\n"), "--out", _folder.At("o.csv")).Refused("no column 'question'");

        string words = Save(BertTasks.TokenClassification, KeywordSentiment.Config with { Labels = ["O", "B-X"] });
        Predict(words, _folder.Write("w.jsonl", "{\"tokens\": [\"the\", \"good\", \"film\"]}\n{\"tokens\": []}\n{\"tokens\": [\"x\", null]}\n"), _folder.At("w.out.jsonl"));
        JsonNode[] said = [.. File.ReadAllLines(_folder.At("w.out.jsonl")).Select(line => JsonNode.Parse(line)!)];
        Assert.Equal([3, 0, null], said.Select(row => row["predicted_labels"]?.AsArray().Count));
        CliRun.Of("predict", "--model", words, "--pairs", "a\tb").Refused("--pairs is for pairs of texts");
        CliRun.Of("predict", "--model", qa, "--pairs", "--question", "a", "--context", "b").Refused("--pairs is for texts");
        Predict(words, _folder.Write("w.csv", "text\nthe good film\n"), _folder.At("w.out.csv"));
        Assert.StartsWith("the good film,", File.ReadAllLines(_folder.At("w.out.csv"))[1]);
    }

    [Fact]
    public void Wrong_input_is_one_line_and_leaves_nothing_behind()
    {
        string model = Save(BertTasks.Classification, KeywordSentiment.Config), data = _folder.Write("in.csv", "text,label\na film,1\n"), output = _folder.At("out.csv");
        CliRun.Of("predict", "--model", model, "--data", data).Refused("--data needs --out");
        CliRun.Of("predict", "--model", model, "--data", data, "--out", output, "a text").Refused("given twice");
        CliRun.Of("predict", "--model", model, "--out", output, "a text").Refused("--out is for --data");
        CliRun.Of("predict", "--model", model, "--data", data, "--out", data).Refused("would replace the rows that are read");
        string folderLink = _folder.At("link");
        File.CreateSymbolicLink(folderLink, _folder.Root);
        File.CreateSymbolicLink(_folder.At("link.csv"), data);
        foreach (string way in new[] { _folder.At("link.csv"), Path.Combine(folderLink, "in.csv"), Path.Combine(folderLink, "link.csv"), Path.Combine(_folder.Root, ".", "in.csv") })
            CliRun.Of("predict", "--model", model, "--data", data, "--out", way).Refused("would replace the rows that are read");
        CliRun.Of("predict", "--model", model, "--data", data, "--out", output, "--threshold", "0.2").Refused("--threshold is for labels that each hold or not", "one class of several");
        CliRun.Of("evaluate", "--model", model, "--data", data, "--threshold", "0.2").Refused("--threshold is for labels that each hold or not");
        CliRun.Of("evaluate", "--model", model, "--data", data, "--problem-type", "regression").Refused("--problem-type regression is not the model's");
        CliRun.Of("predict", "--model", model, "--data", data, "--out", output, "--n-best", "5").Refused("--n-best is for a model that");
        CliRun.Of("predict", "--model", model, "--data", data, "--out", output, "--question", "a", "--context", "b").Refused("--question and --context stand beside --data");
        CliRun.Of("predict", "--model", model, "--data", data, "--out", _folder.At("out.parquet")).Refused("written as .csv, .tsv or .jsonl");
        CliRun.Of("predict", "--model", model, "--data", data, "--out", output, "--text-column", "no").Refused("no column 'no'");
        CliRun.Of("predict", "--model", model, "--data", _folder.Write("twice.csv", "text,predicted_label\na,b\n"), "--out", output).Refused("'predicted_label' already");
        CliRun.Of("predict", "--model", model, "--data", _folder.Write("cut.jsonl", "{\"text\": \"a\"}\n{\"text\": \"b\""), "--out", output).Refused("line 2");
        string late = string.Concat(Enumerable.Repeat("{\"text\": \"a\"}\n", 120));
        CliRun.Of("predict", "--model", model, "--data", _folder.Write("own.jsonl", late + "{\"text\": \"a\", \"predicted_label\": \"mine\"}\n"), "--out", _folder.At("out.jsonl")).Failed(ExitCodes.Usage, "'predicted_label' already", "line 121");
        CliRun.Of("predict", "--model", model, "--data", _folder.Write("late.jsonl", late + "{\"text\": \"a\", \"other\": 1}\n"), "--out", output).Failed(ExitCodes.Usage, "none of the first 100 rows has", "line 121");
        CliRun.Of("predict", "--model", model, "--data", _folder.Write("half.jsonl", "{\"text\": \"a\", \"x\": [\"\\ud800\"]}\n"), "--out", _folder.At("out.jsonl")).Failed(ExitCodes.Usage, "not Unicode text", "line 1");
        File.WriteAllBytes(_folder.At("latin.csv"), [.. "text,label\ncaf"u8, 0xe9, .. ",a\n"u8]);
        CliRun.Of("predict", "--model", model, "--data", _folder.At("latin.csv"), "--out", output).Refused("not UTF-8 text", "E9", "latin.csv");
        CliRun.Of("predict", "--model", model, "--data", _folder.Write("ragged.csv", "id,text\n1,good\n2\n3,bad\n"), "--out", output).Failed(ExitCodes.Usage, "a row has 1 cells", "ragged.csv, line 3");
        Assert.Empty(Directory.GetFiles(_folder.Root, "out*"));
    }

    private JsonObject Predict(string model, string data, string output) =>
        JsonNode.Parse(CliRun.Of("predict", "--model", model, "--data", data, "--out", output, "--json").Succeeded().Out)!.AsObject();

    private string Save(TaskDefinition task, BertConfig config)
    {
        string folder = Directory.CreateDirectory(_folder.At(task.Name)).FullName;
        using BertModel model = BertModel.Create(_kernels, ParameterLayout.For(config, task), KeywordSentiment.Tokenizer, seed: 3);
        model.Save(folder);
        return folder;
    }
}
