using System.Text.RegularExpressions;
using Xunit;

namespace BareBert.Tests;

/// <summary>
/// Every command of README and docs runs, in the order in which they stand there, on data of the kinds that they name: trainings for three steps,
/// published models and named sizes replaced by tiny ones. What asks a server or is one is tried elsewhere.
/// </summary>
[Collection(nameof(CliCollection))]
public sealed partial class DocCommandsTests(TrainedRun run) : IDisposable
{
    private static readonly string[] Elsewhere = ["pull", "push", "watch", "doctor"];

    private readonly Scratch _scratch = new();

    public static TheoryData<string> Documents => [.. Directory.EnumerateFiles(Sources.At("docs"), "*.md").Prepend(Sources.At("README.md"))
        .Where(file => CommandsOf(File.ReadAllText(file)).Any()).Select(file => Path.GetRelativePath(Sources.At(), file))];

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_command_of_a_document_runs(string document)
    {
        string desk = Directory.CreateDirectory(_scratch["desk"]).FullName, before = Environment.CurrentDirectory;
        Desk.LayOut(desk, run);
        Environment.CurrentDirectory = desk;
        try
        {
            Prepare();
            string[] commands = [.. CommandsOf(File.ReadAllText(Sources.At(document)))];
            string[] failed = [.. commands.Select(command => (command, Result: Run(command))).Where(tried => tried.Result is { Code: not 0 }).Select(tried => $"{tried.command}: {tried.Result!.Error}")];
            Assert.True(failed.Length == 0, string.Join('\n', failed));
        }
        finally
        {
            Environment.CurrentDirectory = before;
        }
    }

    [Fact]
    public void Commands_are_found_and_taken_apart()
    {
        Assert.Equal(["barebert info --model a", "barebert embed --model b \"x y\""],
            CommandsOf("```\nbarebert info --model a\n  indented\n```\n| try | `barebert embed --model b \"x y\"`; `barebert import` |\n"));
        Assert.Equal(["embed", "--model", "b", "x y", ""], WordsOf("barebert embed [--pooling cls] --model b \"x y\" \"\""));
        Assert.True(Documents.Count >= 6);
    }

    // The models that the commands begin with.
    private static void Prepare()
    {
        string[] pretrain = ["pretrain", "--data", "wikitext-2", "--steps", "1", "--seq-len", "32", "--quiet", "--eval-limit", "4", "--cache", "none"];
        CliRun.Of([.. pretrain, "--vocab", "vocab.txt", "--model", "small.json", "--out", "runs/wiki"]).Succeeded();
        CliRun.Of([.. pretrain, "--vocab", "vocab.txt", "--model", "small-distilbert.json", "--out", "distilbert"]).Succeeded();
        CliRun.Of([.. pretrain, "--vocab", "spiece.model", "--model", "small-albert.json", "--out", "albert"]).Succeeded();
        CliRun.Of("finetune", "--task", "classification", "--data", "reviews.csv", "--model", "runs/wiki", "--steps", "1", "--quiet", "--out", "runs/finetune-1").Succeeded();
        CliRun.Of("finetune", "--task", "qa", "--data", "train-v1.1.json", "--model", "runs/wiki", "--steps", "1", "--quiet", "--out", "runs/squad").Succeeded();
        CliRun.Of("export", "--model", "runs/wiki", "--task", "encoder", "--out", "models/MiniLM/model.onnx").Succeeded();
        CliRun.Of("import", "models/MiniLM/model.onnx", "--vocab", "vocab.txt", "--out", "all-MiniLM-L6-v2").Succeeded();
        File.Copy("models/MiniLM/model.onnx", "model.onnx");
        Desk.CopyFolder("runs/wiki/checkpoint", "bert-base-uncased");
        Desk.CopyFolder("distilbert/checkpoint", "distilbert-base-uncased");
        Desk.CopyFolder("albert/checkpoint", "albert-base-v2");
        foreach (string stage in new[] { "long", "runs/1" })
            Desk.CopyFolder("runs/wiki", stage);
        CliRun.Of("merge", "--model", "runs/wiki", "--out", "nothing").Refused("nothing to merge");
    }

    // Null: not to be run here.
    private static CliRun? Run(string command)
    {
        string[] words = WordsOf(command);
        if (Elsewhere.Contains(words[0]) || words.Any(word => word.StartsWith("hf:", StringComparison.Ordinal) || word.EndsWith(".ckpt", StringComparison.Ordinal)))
            return null;
        bool isTraining = words[0] is "pretrain" or "finetune";
        int model = Array.IndexOf(words, "--model") + 1;
        if (isTraining && model > 0)
        {
            words[model] = words[model] switch
            {
                "mini" => "small.json", "distilbert-base" => "small-distilbert.json", "albert-base" => "small-albert.json", var other => other,
            };
        }
        // One limit stands in the place of all, and of what goes on; the folders of earlier commands are taken.
        if (isTraining && !words.Contains("--resume"))
            words = [.. Without(words, "--epochs", "--steps", "--batch-size"), "--steps", "3", "--batch-size", "4", "--eval-limit", "4", "--quiet", "--threads", "2"];
        int output = Array.IndexOf(words, "--out") + 1;
        if (output > 0 && Directory.Exists(words[output]))
            Directory.Delete(words[output], recursive: true);
        return CliRun.Of(words);
    }

    private static IEnumerable<string> Without(string[] words, params string[] options) => words.Where((word, i) => !options.Contains(word) && (i == 0 || !options.Contains(words[i - 1])));

    private static IEnumerable<string> CommandsOf(string document) => Command().Matches(document).Select(match => match.Groups[1].Value.Trim());

    private static string[] WordsOf(string command) => [.. Word().Matches(Optional().Replace(command, "")).Select(match => match.Groups[1].Success ? match.Groups[1].Value : match.Value).Skip(1)];

    // At the beginning of a line of its own, or between backticks.
    [GeneratedRegex(@"(?:^|`)(barebert +[a-z][a-z-]* +[^`\n]+)(?=`|$)", RegexOptions.Multiline)]
    private static partial Regex Command();

    [GeneratedRegex(@" \[[^\]]*\](?= |$)")]
    private static partial Regex Optional();

    [GeneratedRegex("\"([^\"]*)\"|[^ ]+")]
    private static partial Regex Word();
}
