using System.CommandLine;
using BareBert.Kernels;

namespace BareBert.Cli.Verbs;

/// <summary>barebert export: a model as an ONNX graph.</summary>
internal static class ExportVerb
{
    public const string Help = """
        Write a model as an ONNX graph (opset 17) for other programs to run. Batches and lengths are free; a padded batch
        needs its attention_mask. Adapters become part of it.

        Examples:
          barebert export --model runs/finetune-1 --out sentiment.onnx
          barebert export --model runs/finetune-1 --out sentiment-int8.onnx --int8
          barebert export --model MiniLM/ --task encoder --out encoder.onnx --fp16
        """;

    public static Command Create()
    {
        Option<string> model = CommonOptions.Model();
        var output = new Option<string>("--out") { Description = "The file to write; one that is there is replaced.", Required = true, HelpName = "FILE.onnx" };
        var task = new Option<string?>("--task") { Description = $"The head: one of {string.Join(", ", BertTasks.Names)}; unless given, what the model was trained for.", HelpName = "TASK" };
        var half = new Option<bool>("--fp16") { Description = "Half precision: half the size." };
        var bytes = new Option<bool>("--int8") { Description = "Linear layers in bytes, by dynamic quantisation; embeddings stay as they are." };
        var verb = new Command("export", Help) { model, output, task, half, bytes };
        verb.Validators.Add(result =>
        {
            if (CommonOptions.IsGiven(result, half) && CommonOptions.IsGiven(result, bytes))
                result.AddError("--fp16 and --int8 exclude each other: give one");
        });
        verb.SetAction((parsed, cancel) =>
        {
            OnnxPrecision precision = parsed.GetValue(half) ? OnnxPrecision.Float16 : parsed.GetValue(bytes) ? OnnxPrecision.Int8 : OnnxPrecision.Float32;
            return Task.FromResult(Run(parsed.GetValue(model)!, parsed.GetValue(output)!, parsed.GetValue(task), precision, cancel));
        });
        return verb;
    }

    private static int Run(string path, string output, string? asked, OnnxPrecision precision, CancellationToken cancel)
    {
        if (Directory.Exists(output))
            throw new InputException($"a directory where a file is needed: {output}; give --out a file, as model.onnx");
        ModelFolder folder = ModelFolder.Open(path);
        TaskDefinition task = asked is null ? BertTasks.Of(folder) ?? BertTasks.Encoder : BertTasks.Parse(asked);
        // Adapters are laid out for the head they were trained with, whatever of the model is asked for.
        TaskDefinition loaded = folder.Adapter is null ? task : BertTasks.Of(folder) ?? BertTasks.Encoder;
        if (task is FineTuningDefinition wanted)
            BertTasks.Require(folder, wanted);
        if (task.HasHead && task != loaded)
            throw new InputException($"not trained for {task.Name}: {path} holds adapters for {loaded.Name}; leave --task out");
        using IKernels kernels = Devices.Open("cpu");
        (BertModel model, LoadReport report) = BertModel.LoadForTraining(kernels, folder, loaded, BertModel.TrainNone);
        using BertModel opened = model;
        // Without its pooler an encoder is whole.
        if (loaded.HasHead)
            report.RequireAll(path);
        cancel.ThrowIfCancellationRequested();
        OnnxExporter.Write(output, model, task, precision, hasPooler: report.New.Count == 0);
        Console.WriteLine($"{output}: {task.ArchitectureName(model.Config.Family)}, {ByteSizes.Format(new FileInfo(output).Length)}");
        return ExitCodes.Success;
    }
}
