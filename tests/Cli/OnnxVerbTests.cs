using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>import and export as a user calls them.</summary>
[Collection(nameof(CliCollection))]
public sealed class OnnxVerbTests(TrainedRun run) : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void What_is_exported_and_imported_guesses_the_same_words()
    {
        string file = _scratch["model.onnx"], folder = _scratch["model"];
        Assert.Contains($"{file}: BertForPreTraining, ", CliRun.Of("export", "--model", run.Run, "--out", file).Succeeded().Out);
        CliRun imported = CliRun.Of("import", file, "--vocab", run.Vocabulary, "--out", folder).Succeeded();
        Assert.Contains("BertForPreTraining, ", imported.Out);
        Assert.Empty(imported.Error);
        string[] question = ["fill-mask", "the [MASK] sees the dog .", "--json", "--model"];
        Assert.Equal(CliRun.Of([.. question, run.Run]).Json().GetProperty("texts").ToString(), CliRun.Of([.. question, folder]).Json().GetProperty("texts").ToString());
        long full = new FileInfo(file).Length;
        CliRun.Of("export", "--model", run.Run, "--out", file, "--fp16").Succeeded();
        Assert.InRange(new FileInfo(file).Length, full * 4 / 10, full * 8 / 10);
        CliRun.Of("export", "--model", run.Run, "--out", file, "--int8", "--task", "encoder").Succeeded();
        CliRun.Of("import", file, "--vocab", run.Vocabulary, "--out", _scratch["bytes"]).Refused("quantised", "MatMulInteger");
        Assert.False(Path.Exists(_scratch["bytes"]));
    }

    [Fact]
    public void A_missing_pooler_is_said_and_not_made_up()
    {
        string file = _scratch["model.onnx"], folder = _scratch["model"], data = _scratch.File("data.csv", "text,label\nthe cat,a\nthe dog,b\nthe cat sees,a\nthe dog sees,b\n");
        using (var kernels = new CpuKernels(1))
        {
            using BertModel model = BertModel.LoadForTraining(kernels, ModelFolder.Open(run.Run), BertTasks.Encoder, BertModel.TrainAll).Model;
            BareBert.Bert.Exchange.Onnx.OnnxExporter.Write(file, model, BertTasks.Encoder, hasPooler: false);
        }
        Assert.Contains("note: no pooler", CliRun.Of("import", file, "--vocab", run.Vocabulary, "--out", folder).Succeeded().Error);
        using (ITensorSource weights = TensorSources.Open(folder))
            Assert.DoesNotContain(weights.Tensors.Keys, name => name.Contains("pooler"));
        Assert.Contains("embeddings", CliRun.Of("embed", "--model", folder, "the cat").Succeeded().Out);
        Assert.DoesNotContain("pooler_output", System.Text.Encoding.UTF8.GetString(Exported(folder)));
        CliRun tuned = CliRun.Of("finetune", "--task", "classification", "--data", data, "--model", folder, "--method", "full", "--epochs", "1", "--out", _scratch["run"]).Succeeded();
        Assert.Contains("pooler.dense.weight", tuned.Error);
        Assert.Equal(2, CliRun.Of("predict", "--model", _scratch["run"], "the cat", "--json").Json().GetProperty("predictions")[0].GetProperty("probabilities").EnumerateObject().Count());
    }

    [Fact]
    public void Wrong_input_is_refused()
    {
        string file = _scratch["model.onnx"], there = _scratch.File("there.txt", "");
        string large = _scratch.File("large.txt", string.Join('\n', Vocabulary.SpecialTokenNames.Concat(Enumerable.Range(0, 40).Select(i => $"word{i}"))));
        CliRun.Of("export", "--model", run.Run, "--out", file, "--fp16", "--int8").Refused("exclude each other");
        CliRun.Of("export", "--model", run.Run, "--out", _scratch.Root).Refused("a directory where a file is needed");
        CliRun.Of("export", "--model", run.Run, "--out", file, "--task", "qa").Refused("not trained for this");
        CliRun.Of("export", "--model", run.Run, "--out", file, "--task", "dance").Refused("unknown task: dance");
        Assert.False(File.Exists(file));
        CliRun.Of("import", there, "--vocab", run.Vocabulary, "--out", there).Refused("there is something already");
        CliRun.Of("import", there, "--vocab", run.Vocabulary, "--out", _scratch["out"]).Refused("not an ONNX file");
        CliRun.Of("import", _scratch["none.onnx"], "--vocab", run.Vocabulary, "--out", _scratch["out"]).Refused("no such file");
        CliRun.Of("import", Golden.Find("onnx", "bert.onnx"), "--vocab", _scratch["none.txt"], "--out", _scratch["out"]).Refused("none.txt");
        CliRun.Of("import", Golden.Find("onnx", "bert.onnx"), "--vocab", large, "--out", _scratch["out"]).Refused("the vocabulary does not fit the model");
        CliRun.Of("import", Golden.Find("onnx", "bert.onnx"), "--vocab", run.Vocabulary, "--heads", "3", "--out", _scratch["out"]).Refused("attention heads", "--heads 3");
        Assert.False(Path.Exists(_scratch["out"]));
    }

    private byte[] Exported(string folder)
    {
        CliRun.Of("export", "--model", folder, "--out", _scratch["again.onnx"]).Succeeded();
        return File.ReadAllBytes(_scratch["again.onnx"]);
    }
}
