namespace BareBert.Bert.Exchange.TensorFlow;

/// <summary>Reads the checkpoints of google-research/bert and google-research/albert: bert_model.ckpt.index, its data, and bert_config.json.</summary>
public static class TensorFlowCheckpoint
{
    private const string IndexEnd = ".index";

    private static readonly string[] ConfigNames = ["bert_config.json", "albert_config.json", CheckpointNames.Config];

    /// <summary>Whether a path names such a checkpoint: its index, what its files' names begin with, or a folder with one.</summary>
    public static bool IsAt(string path) => path.EndsWith(IndexEnd, StringComparison.Ordinal) || File.Exists(path + IndexEnd)
        || (Directory.Exists(path) && InputFiles.List(path, "*.ckpt*" + IndexEnd).Length > 0);

    /// <summary>Reads a checkpoint and the configuration beside it.</summary>
    /// <param name="path">As <see cref="IsAt"/> takes it.</param>
    /// <exception cref="InputException">Something is missing or damaged, or there are several checkpoints.</exception>
    public static ImportedModel Open(string path)
    {
        string index = Index(path), folder = Path.GetDirectoryName(Path.GetFullPath(index))!;
        TensorBundle bundle = TensorBundle.Open(index);
        string config = ConfigNames.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists)
            ?? throw new InputException($"no configuration: {folder} holds none of {string.Join(", ", ConfigNames)}; put the checkpoint's own there");
        BertConfig sizes = BertConfigJson.Load(config);
        var source = new MappedSource(index);
        foreach (BundleTensor tensor in bundle.Tensors.Where(t => t.Type?.IsFloating() == true && !VariableNames.IsOfTraining(t.Name)))
            Add(source, bundle, tensor, sizes.Family);
        TaskDefinition task = BertTasks.OfTensors(sizes, source) ?? BertTasks.Encoder;
        ParameterLayout layout = ParameterLayout.For(sizes, task, task.HasClasses ? (int)source.Tensors["classifier.weight"].Shape[0] : 0);
        return new ImportedModel(layout, source, []);
    }

    private static string Index(string path)
    {
        if (!Directory.Exists(path))
            return path.EndsWith(IndexEnd, StringComparison.Ordinal) ? path : path + IndexEnd;
        return InputFiles.List(path, "*.ckpt*" + IndexEnd) is [var only] ? only
            : throw new InputException($"several checkpoints: {path}; name one, as {Path.Combine(path, "bert_model.ckpt")}");
    }

    private static void Add(MappedSource source, TensorBundle bundle, BundleTensor tensor, ModelFamily family)
    {
        (string name, bool isTransposed) = VariableNames.Of(tensor.Name, family);
        if (!isTransposed || tensor.Shape is not [var rows, var cols])
        {
            source.Add(name, tensor.Shape, to => bundle.Read(tensor, to));
            return;
        }
        source.Add(name, [cols, rows], to =>
        {
            var stored = new float[to.Length];
            bundle.Read(tensor, stored);
            Transposed.Write<float>(stored, (int)rows, (int)cols, to);
        });
    }
}
