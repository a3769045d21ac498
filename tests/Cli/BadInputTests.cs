using System.Security.Cryptography;
using BareBert.Cli;
using Xunit;

namespace BareBert.Tests;

/// <summary>Wrong usage and wrong input: one clear line, the right exit code, nothing lost.</summary>
[Collection(nameof(CliCollection))]
public sealed class BadInputTests(TrainedRun run)
{
    [Theory]
    [InlineData("frobnicate", "frobnicate")]
    [InlineData("", "Required command")]
    [InlineData("pretrain --frobnicate", "--frobnicate", "barebert pretrain --help")]
    [InlineData("pretrain --data sample --quite", "unknown option: --quite, after --data", "barebert pretrain --help")]
    [InlineData("evaluate --model nowhere --data x --jsom", "unknown option: --jsom, after --data")]
    [InlineData("pretrain --batch-size 0", "--batch-size 0", "give 1 or more")]
    [InlineData("pretrain --batch-size -3", "--batch-size -3")]
    [InlineData("pretrain --batch-size many", "--batch-size many is not a whole number", "barebert pretrain --help")]
    [InlineData("pretrain --lr small", "--lr small is not a number")]
    [InlineData("pretrain --steps 1.5", "--steps 1.5 is not a whole number")]
    [InlineData("info --labels five --model base", "--labels five is not a whole number")]
    [InlineData("pretrain --grad-accum 0", "--grad-accum 0")]
    [InlineData("pretrain --steps 0", "--steps 0")]
    [InlineData("pretrain --epochs -1", "--epochs -1")]
    [InlineData("pretrain --lr 0", "--lr 0")]
    [InlineData("pretrain --lr nan", "--lr NaN")]
    [InlineData("pretrain --time-budget soon", "--time-budget soon")]
    [InlineData("pretrain --schedule zigzag", "--schedule zigzag is unknown: give linear, cosine or constant", "barebert pretrain --help")]
    [InlineData("pretrain --schedule 1", "--schedule 1 is unknown")]
    [InlineData("pretrain --precision fp8", "--precision fp8 is unknown: give fp32, tf32 or bf16")]
    [InlineData("finetune --task classification --model mini --data x --head round", "--head round is unknown: give linear or mlp")]
    [InlineData("embed --model nowhere --device cpu --precision bf16 text", "--precision bf16 needs a GPU")]
    [InlineData("doctor --threads -2", "--threads -2")]
    [InlineData("pretrain --threads -1", "--threads -1")]
    [InlineData("pretrain --threads 100000", "--threads 100000", "0 for one per core")]
    [InlineData("doctor --threads 100000", "--threads 100000")]
    [InlineData("embed --model nowhere --threads 100000 text", "--threads 100000")]
    [InlineData("pretrain --batch-size 2000000000", "--batch-size 2000000000", "16777216 or less")]
    [InlineData("pretrain --batch-size 100000 --grad-accum 100000", "--grad-accum 100000", "takes 167 batches or less")]
    [InlineData("pretrain --batch-size 100000 --grad-accum 160 --seq-len 512 --model base", "--batch-size 100000 and --grad-accum 160 are too much", "a step takes at least", "GiB")]
    [InlineData("finetune --task classification --model mini --data x --method lora --rank 2000000000", "--rank 2000000000")]
    [InlineData("finetune --task classification --model mini --data x --method adapter --adapter-size 2000000000", "--adapter-size 2000000000")]
    [InlineData("pretrain --save-every soon", "--save-every soon", "5m")]
    [InlineData("pretrain --save-every -3", "--save-every -3")]
    [InlineData("pretrain --device abacus", "--device abacus")]
    [InlineData("pretrain --model huge", "huge")]
    [InlineData("pretrain --mask-prob 1.5", "--mask-prob 1.5")]
    [InlineData("pretrain --seq-len 4", "--seq-len 4")]
    [InlineData("pretrain --seq-len 64:32", "--seq-len '64:32' does not ascend: 32 is not above 64")]
    [InlineData("pretrain --seq-len 32:32", "--seq-len '32:32' does not ascend")]
    [InlineData("pretrain --seq-len 32:", "--seq-len '32:' is no length, nor several", "32:64:128")]
    [InlineData("pretrain --seq-len short", "--seq-len 'short' is no length")]
    [InlineData("pretrain --seq-len -32:64", "--seq-len '-32:64' is no length")]
    [InlineData("pretrain --seq-len 4:64", "--seq-len 4 is too short")]
    [InlineData("pretrain --seq-len 256:1024", "--seq-len 256:1024 is over the model's 512 positions")]
    [InlineData("pretrain --cache none --seq-len 8:64 --batch-size 4000000", "--batch-size 4000000 is too much for --seq-len 8:64", "1 × 32,000,000 examples")]
    [InlineData("pretrain --cache none --seq-len 16:32:64 --steps 2", "--seq-len 16:32:64 has more stages than the run has steps, 2", "--steps")]
    [InlineData("pretrain --seq-len 513", "--seq-len 513", "512 positions")]
    [InlineData("info --model base --task juggling", "juggling")]
    [InlineData("info --model base --labels 3", "--labels 3")]
    [InlineData("info --model base --task tokens --labels 1", "too few classes")]
    [InlineData("info --model base --task classification --labels 0", "too few classes: --labels 0")]
    [InlineData("tokenize hello", "--vocab")]
    [InlineData("tokenize --vocab nowhere.txt hello", "nowhere.txt")]
    [InlineData("fill-mask --model nowhere [MASK]", "nowhere")]
    [InlineData("predict --model nowhere good --thread 1", "unknown option: --thread", "behind -- alone", "barebert predict --help")]
    [InlineData("embed --model nowhere good --outt=v.npy", "unknown option: --outt=v.npy")]
    [InlineData("similarity --model nowhere good bad --tops 1", "unknown option: --tops")]
    [InlineData("fill-mask --model nowhere --jsn", "unknown option: --jsn")]
    [InlineData("tokenize --vocab nowhere a --config c.yaml", "unknown option: --config")]
    [InlineData("tokenize --vocab nowhere.txt -- --thread", "nowhere.txt")]
    [InlineData("tokenize --model nowhere --cased a", "--cased is for --vocab")]
    [InlineData("evaluate --model nowhere --pseudo-perplexity --limit 0", "--limit 0 is not a number of sentences")]
    [InlineData("evaluate --model nowhere --data x --na-threshold 7", "--na-threshold is no probability")]
    [InlineData("pretrain --weight-decay 1e10", "--weight-decay 10000000000 is out of range", "give 0 to 10")]
    [InlineData("pretrain --vocab -5", "--vocab -5 is no number of entries")]
    [InlineData("similarity --model nowhere a b --query-prompt q", "--query-prompt is for a search")]
    [InlineData("finetune --task classification --model mini --data nope", "no such file: nope")]
    [InlineData("evaluate --model nowhere", "nowhere")]
    public void Wrong_usage(string line, params string[] parts)
    {
        CliRun result = CliRun.Of(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        result.Refused(parts);
        Assert.Empty(result.Out);
    }

    [Fact]
    public void A_corpus_that_is_missing()
    {
        Refused(Pretrain(data: run["nowhere"]), "nowhere", "no such file");
        Refused(Pretrain(data: Directory.CreateDirectory(run.New()).FullName), "no corpus in this directory");
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData(" \n\n \n", "empty")]
    [InlineData("Only one sentence.\n", "sentence")]
    [InlineData("Many sentences. All in one document. So nothing is random. Not even this.\n", "document")]
    [InlineData("One.\n\nTwo.\n\nThree.\n\nFour.\n\nFive.\n\nSix.\n\nSeven.\n\nEight.\n", "sentence")]
    public void A_corpus_that_is_too_small(string text, string part) => Refused(Pretrain(data: TextFile(text)), part);

    [Fact]
    public void A_binary_file_as_text()
    {
        string path = run.New();
        File.WriteAllBytes(path, [0x7f, (byte)'E', (byte)'L', (byte)'F', 0, 0, 1, 2, 0xff]);
        Refused(Pretrain(data: path), "not a text file", path);
    }

    [Fact]
    public void Invalid_UTF8_is_counted_and_reported()
    {
        string directory = Directory.CreateDirectory(run.New()).FullName;
        foreach (string name in new[] { "train.txt", "valid.txt", "test.txt" })
            File.Copy(Path.Combine(run.Data, name), Path.Combine(directory, name));
        File.AppendAllText(Path.Combine(directory, "train.txt"), "A cat ");
        using (FileStream file = File.Open(Path.Combine(directory, "train.txt"), FileMode.Append))
            file.Write([0xff, (byte)' ', 0xc3, (byte)' ', (byte)'.', (byte)'\n']);
        string[] loud = [.. run.Pretrain(run.New()).Where(arg => arg != "--quiet"), "--steps", "1"];
        loud[Array.IndexOf(loud, run.Data)] = directory;
        CliRun result = CliRun.Of(loud).Succeeded();
        Assert.Contains("2 malformed UTF-8 sequences were replaced", result.Error);
        Assert.Contains("train.txt", result.Error);
    }

    /// <summary>What is read and shown is not changed on the way.</summary>
    [Fact]
    public void Texts_that_are_not_UTF8_are_refused()
    {
        string lines = TextFile(""), binary = TextFile("one\ntwo\0\n");
        File.WriteAllBytes(lines, [(byte)'c', 0xe9, (byte)'\n']);
        Refused(["embed", "--model", run.Run, "--file", lines], "not UTF-8 text", lines, "iconv");
        Refused(["embed", "--model", run.Run, "--file", binary], "NUL bytes", "line 2");
        Refused(["embed", "--model", run.Run, "--file", Path.GetTempPath()], "a directory where a file is needed");
    }

    /// <summary>Neither the stack nor memory is spent on what a file of options repeats.</summary>
    [Theory]
    [InlineData("data: &a [*a]", "an anchor of a list")]
    [InlineData("data: [[a, b]]", "a list within a list")]
    public void Options_that_refer_to_others(string yaml, string part) => Refused(["pretrain", "--config", TextFile(yaml)], part, "line 1");

    [Theory]
    [InlineData("lr: 1e-4\n---\nlr: 1\n", "line 3", "a second document")]
    [InlineData("config: other.yaml", "names no other")]
    [InlineData("lr: []", "lr: an empty list")]
    [InlineData("lr: &rate 0\nwarmup: *rate", "--lr 0 is out of range")]
    public void Options_that_would_be_lost(string yaml, params string[] parts) => Refused(["pretrain", "--config", TextFile(yaml)], parts);

    [Fact]
    public void Options_nested_without_end() =>
        Refused(["pretrain", "--config", TextFile("data: " + new string('[', 100_000))], "a list within a list");

    [Fact]
    public void A_mask_beyond_the_positions()
    {
        string text = $"[MASK] {string.Join(' ', Enumerable.Repeat("the", 40))} [MASK]";
        Refused(["fill-mask", "--model", run.Run, text], "a [MASK] lies beyond the 32 tokens that are read");
        CliRun.Of("fill-mask", "--model", run.Run, "[MASK] cat", "a cat").Failed(ExitCodes.Usage, "text 2: the text has no [MASK]");
    }

    [Theory]
    [InlineData("[PAD]\n[UNK]\n[CLS]\n[SEP]\na\nb\n", "no mask token")]
    [InlineData("[PAD]\n[UNK]\n[CLS]\n[MASK]\na\nb\n", "without '[SEP]'")]
    [InlineData("", "empty vocabulary")]
    public void A_vocabulary_that_is_none(string text, params string[] parts) => Refused(Pretrain(vocabulary: TextFile(text)), parts);

    [Theory]
    [InlineData("0")]
    [InlineData("-5")]
    [InlineData("3")]
    public void A_vocabulary_of_too_few_entries(string size) => Refused(Pretrain(vocabulary: size), size);

    [Fact]
    public void A_sequence_longer_than_the_positions() =>
        Refused([.. Pretrain().Where(arg => arg is not ("--seq-len" or "32")), "--seq-len", "33"], "--seq-len 33", "32 positions");

    [Fact]
    public void A_run_directory_that_is_not_empty_is_left_alone()
    {
        string directory = run.Copy();
        string[] before = Contents(directory);
        Refused([.. run.Pretrain(directory), "--steps", "1"], "not empty", "--overwrite", "--resume");
        Assert.Equal(before, Contents(directory));
    }

    /// <summary>As it would be before the new run has anything to show.</summary>
    [Fact]
    public void A_run_does_not_overwrite_the_model_that_it_begins_with()
    {
        string directory = run.Copy(), link = run.New();
        File.CreateSymbolicLink(link, directory);
        string[] before = Contents(directory);
        foreach ((string model, string output) in new[] { (directory, directory), (Path.Combine(directory, "best"), directory), (directory, link), (link, directory) })
            Refused(["pretrain", "--data", run.Data, "--model", model, "--out", output, "--overwrite", "--steps", "1", "--seq-len", "32", "--quiet"], "the model to begin with would be deleted", "--overwrite");
        Assert.Equal(before, Contents(directory));
        // A size of that name is none that is there.
        string named = Path.Combine(Directory.CreateDirectory(run.New()).FullName, "tiny");
        CliRun.Of(["pretrain", "--data", run.Data, "--vocab", run.Vocabulary, "--model", "tiny", "--out", named, "--steps", "1", "--seq-len", "16", "--cache", "none", "--quiet"]).Succeeded();
        CliRun.Of(["pretrain", "--data", run.Data, "--vocab", run.Vocabulary, "--model", "tiny", "--out", named, "--overwrite", "--steps", "1", "--seq-len", "16", "--cache", "none", "--quiet"]).Succeeded();
        string other = directory + "-other";
        Directory.Move(run.Copy(), other);
        CliRun.Of("pretrain", "--data", run.Data, "--model", directory, "--out", other, "--overwrite", "--steps", "1", "--seq-len", "32", "--cache", "none", "--quiet").Succeeded();
    }

    [Fact]
    public void Overwriting_deletes_nothing_that_no_run_wrote()
    {
        string directory = Directory.CreateDirectory(run.New()).FullName;
        File.WriteAllText(Path.Combine(directory, "thesis.txt"), "years of work");
        Refused([.. run.Pretrain(directory), "--overwrite", "--steps", "1"], "no run directory");
        string plain = CliRun.Of([.. run.Pretrain(directory), "--steps", "1"]).Refused("no run directory", "not empty");
        Assert.DoesNotContain("--overwrite", plain, StringComparison.Ordinal);
        string copy = run.Copy();
        File.WriteAllText(Path.Combine(copy, "notes.txt"), "mine");
        CliRun.Of([.. run.Pretrain(copy), "--overwrite", "--steps", "1"]).Succeeded();
        Assert.Equal("years of work", File.ReadAllText(Path.Combine(directory, "thesis.txt")));
        Assert.Equal("mine", File.ReadAllText(Path.Combine(copy, "notes.txt")));
    }

    [Fact]
    public void Wrong_input_does_not_cost_the_run_that_was_to_be_overwritten()
    {
        string directory = run.Copy();
        string[] before = Contents(directory);
        string broken = run.Copy();
        File.WriteAllText(Path.Combine(broken, "best", "model.safetensors"), "gone");
        string[] args = [.. run.Pretrain(directory).Where(arg => arg != "--vocab" && arg != run.Vocabulary), "--overwrite", "--steps", "1"];
        args[Array.IndexOf(args, run.Config)] = Path.Combine(broken, "best");
        CliRun.Of(args).Refused("damaged checkpoint");
        Assert.Equal(before, Contents(directory));
    }

    [Fact]
    public void A_file_in_the_place_of_the_run_directory() => Refused([.. run.Pretrain(TextFile("a file")), "--steps", "1"], "is a file");

    [Fact]
    public void A_checkpoint_that_was_cut_short_or_changed()
    {
        foreach (string file in new[] { "model.safetensors", "optimizer.safetensors", "trainer_state.json", "vocab.txt", "config.json" })
        {
            string cut = run.Copy(), changed = run.Copy(), missing = run.Copy();
            string PathIn(string directory) => Path.Combine(directory, "checkpoint", file);
            File.WriteAllBytes(PathIn(cut), File.ReadAllBytes(PathIn(cut))[..^7]);
            byte[] bytes = File.ReadAllBytes(PathIn(changed));
            bytes[^3] ^= 1;
            File.WriteAllBytes(PathIn(changed), bytes);
            File.Delete(PathIn(missing));
            foreach (string directory in new[] { cut, changed, missing })
            {
                string[] before = Contents(directory);
                CliRun.Of("pretrain", "--resume", directory, "--steps", "14", "--quiet").Refused(file);
                Assert.Equal(before, Contents(directory));
            }
        }
    }

    [Fact]
    public void Nothing_to_resume()
    {
        Refused(["pretrain", "--resume", run["nowhere"]], "nowhere");
        Refused(["pretrain", "--resume", Directory.CreateDirectory(run.New()).FullName], "run.json");
        string empty = Directory.CreateDirectory(run.New()).FullName;
        File.Copy(Path.Combine(run.Run, "run.json"), Path.Combine(empty, "run.json"));
        Refused(["pretrain", "--resume", empty], "no checkpoint");
    }

    [Fact]
    public void A_resumed_run_keeps_its_course()
    {
        string directory = run.Copy();
        string[] before = Contents(directory);
        Refused(["pretrain", "--resume", directory, "--lr", "1e-3"], "--lr cannot be changed");
        Refused(["pretrain", "--resume", directory, "--batch-size=4"], "--batch-size cannot be changed");
        Refused(["pretrain", "--resume", directory, "--seed", "9"], "--seed cannot be changed");
        Refused(["pretrain", "--resume", directory, "--out", run.New()], "--out cannot be changed");
        CliRun.Of("pretrain", "--resume", directory, "--steps", "1", "--quiet").Refused("--steps 1: the run is at ", "give more");
        Assert.Equal(before, Contents(directory));
    }

    [Fact]
    public void A_corpus_that_changed_since_the_run_began()
    {
        string data = Directory.CreateDirectory(run.New()).FullName, directory = run.New();
        foreach (string name in new[] { "train.txt", "valid.txt", "test.txt" })
            File.Copy(Path.Combine(run.Data, name), Path.Combine(data, name));
        string[] args = [.. run.Pretrain(directory), "--steps", "2"];
        args[Array.IndexOf(args, run.Data)] = data;
        CliRun.Of(args).Succeeded();
        File.AppendAllText(Path.Combine(data, "train.txt"), "A new sentence. And one more.\n");
        string[] before = Contents(directory);
        CliRun.Of("pretrain", "--resume", directory, "--steps", "3", "--quiet").Refused("another corpus", data);
        Assert.Equal(before, Contents(directory));
    }

    [Theory]
    [InlineData("epoch: 3", "epoch", "--help")]
    [InlineData("steps: [1, {a: b}]", "line 1")]
    [InlineData("just words", "name: value")]
    [InlineData("steps: [", "cannot read the options")]
    [InlineData("grad-accum: 0", "--grad-accum 0")]
    [InlineData("whole-word-masking: maybe", "whole-word-masking: 'maybe' is neither true nor false")]
    [InlineData("whole-word-masking: [true, false]", "whole-word-masking: a list")]
    public void Options_from_a_file_that_are_wrong(string yaml, params string[] parts) =>
        Refused([.. Pretrain(), "--config", TextFile(yaml)], parts);

    [Theory]
    [InlineData("true", true)]
    [InlineData("yes", true)]
    [InlineData("On", true)]
    [InlineData("false", false)]
    [InlineData("no", false)]
    [InlineData("off", false)]
    public void A_switch_in_a_file_is_on_or_off(string value, bool isOn)
    {
        string directory = run.New();
        CliRun.Of([.. run.Pretrain(directory), "--steps", "1", "--config", TextFile($"whole-word-masking: {value}")]).Succeeded();
        Assert.Equal(isOn, RunDirectory.ReadOptions(directory)["options"]!["whole-word-masking"]!.GetValue<bool>());
    }

    [Fact]
    public void What_is_named_is_of_the_wrong_kind()
    {
        string roberta = Directory.CreateDirectory(run.New()).FullName, bare = Directory.CreateDirectory(run.New()).FullName;
        File.WriteAllText(Path.Combine(roberta, "config.json"), """{"model_type": "roberta", "architectures": ["RobertaForMaskedLM"]}""");
        File.Copy(Path.Combine(run.Run, "best", "config.json"), Path.Combine(bare, "config.json"));
        CliRun.Of("info", "--model", roberta).Refused("model_type 'roberta'", "those supported are BERT");
        CliRun.Of([.. Pretrain(vocabulary: roberta)]).Refused("tokenizer", roberta);
        CliRun.Of([.. Pretrain(vocabulary: Path.Combine(run.Run, "best"))]).Succeeded();
        CliRun.Of("info", "--model", Path.Combine(run.Run, "best", "model.safetensors")).Refused("a file of weights alone", "give the folder");
        Assert.Contains("holds no weights (model.safetensors", CliRun.Of("info", "--model", bare).Succeeded().Error);
        CliRun.Of("embed", "--model", run.Run, "--out", run.New() + ".csv", "hello").Refused(".npy");
        CliRun.Of("finetune", "--resume", run.Run).Refused("is of a run that pretrain began");
        CliRun.Of("finetune", "--resume", run.New()).Refused("this is no run directory");
        string[][] empty =
        [
            ["pretrain", "--out", ""], ["embed", "--model", run.Run, "--out", "", "hello"], ["export", "--model", run.Run, "--out", ""], ["merge", "--model", run.Run, "--out", ""],
            ["import", "x.onnx", "--vocab", "v", "--out", ""],
        ];
        Assert.All(empty, args => CliRun.Of(args).Refused("--out is empty"));
        CliRun.Of("info", "--model", "").Refused("--model is empty");
    }

    /// <summary>And not where the command line's own option is wrong.</summary>
    [Fact]
    public void A_value_of_an_options_file_is_named_with_the_file()
    {
        string file = TextFile("dropout: 2");
        Refused([.. Pretrain(), "--config", file], "--dropout 2", $"(--dropout is from {file})");
        CliRun own = CliRun.Of([.. Pretrain(), "--dropout", "2", "--config", TextFile("dropout: 0.1\nsteps: 3")]);
        own.Refused("--dropout 2");
        Assert.DoesNotContain("is from", own.Error, StringComparison.Ordinal);
    }

    /// <summary>An option has more names than one.</summary>
    [Fact]
    public void Options_of_a_file_may_have_their_other_name()
    {
        string[] args = ["finetune", "--task", "classification", "--model", run["none"]];
        Refused([.. args, "--config", TextFile($"train: {run["rows.csv"]}")], "rows.csv");
        Refused([.. args, "--config", TextFile($"train: {run["rows.csv"]}\ndata: {run["rows.csv"]}")], "are one option");
        Refused([.. args, "--train", run["own.csv"], "--config", TextFile($"data: {run["rows.csv"]}")], "own.csv");
        Refused([.. args, "--data", run["own.csv"], "--config", TextFile($"train: {run["rows.csv"]}")], "own.csv");
    }

    [Fact]
    public void A_missing_options_file() => Refused(["pretrain", "--config", run["none.yaml"]], "none.yaml");

    [Fact]
    public void No_permission_to_write()
    {
        string parent = Directory.CreateDirectory(run.New()).FullName;
        if (!OperatingSystem.IsLinux())
            Assert.Skip("permissions are made with Linux's means");
        if (Environment.IsPrivilegedProcess)
            parent = "/sys"; // root may write anywhere but there
        else if (OperatingSystem.IsLinux())
            File.SetUnixFileMode(parent, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        CliRun.Of([.. run.Pretrain(Path.Combine(parent, "barebert-run")), "--steps", "1"]).Failed(ExitCodes.Failure, "cannot write", "barebert-run");
    }

    [Fact]
    public void A_full_disk_keeps_the_last_checkpoint()
    {
        using var disk = new SmallDisk(run.New(), 400);
        string directory = Path.Combine(disk.Path, "run");
        CliRun.Of([.. run.Pretrain(directory), "--steps", "2"]).Succeeded();
        string[] before = Contents(Path.Combine(directory, "checkpoint"));
        disk.Fill();
        string message = CliRun.Of("pretrain", "--resume", directory, "--steps", "6", "--quiet").Failed(ExitCodes.Failure, "the disk is full", directory);
        Assert.Contains("free some space", message);
        Assert.Equal(before, Contents(Path.Combine(directory, "checkpoint")));
        disk.Free();
        CliRun.Of("pretrain", "--resume", directory, "--steps", "6", "--quiet").Succeeded();
    }

    private static void Refused(string[] args, params string[] parts)
    {
        CliRun result = CliRun.Of(args);
        result.Refused(parts);
        Assert.Empty(result.Out);
    }

    private string[] Pretrain(string? data = null, string? vocabulary = null)
    {
        string[] args = [.. run.Pretrain(run.New()), "--steps", "1"];
        args[Array.IndexOf(args, run.Data)] = data ?? run.Data;
        args[Array.IndexOf(args, run.Vocabulary)] = vocabulary ?? run.Vocabulary;
        return args;
    }

    private string TextFile(string text)
    {
        string path = run.New();
        File.WriteAllText(path, text);
        return path;
    }

    // Every file's name and content.
    private static string[] Contents(string directory) =>
    [
        .. Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(file => $"{Path.GetRelativePath(directory, file)} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)))}"),
    ];
}
