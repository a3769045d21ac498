namespace BareBert.Bert.Models;

/// <summary>A model that was read from another program's file, to be written as a Hugging Face folder.</summary>
public sealed class ImportedModel : IDisposable
{
    private readonly ITensorSource _weights;
    private readonly List<string> _notes;

    internal ImportedModel(ParameterLayout layout, ITensorSource weights, IEnumerable<string> notes) =>
        (Layout, _weights, _notes) = (layout, weights, [.. notes]);

    /// <summary>What it is.</summary>
    public ParameterLayout Layout { get; }

    /// <summary>What of the file was left out, a line each.</summary>
    public IReadOnlyList<string> Notes => _notes;

    /// <summary>Writes config.json, model.safetensors and the tokenizer's files; a pooler that the file lacks is left out.</summary>
    /// <param name="directory">The folder; it must not be there yet.</param>
    /// <param name="tokenizer">The one it was trained with.</param>
    /// <param name="sentence">How texts' vectors are made of its tokens', to be written beside it; null: nothing is.</param>
    /// <returns>What was lacking: the pooler or nothing. <see cref="Notes"/> says so too.</returns>
    /// <exception cref="InputException">A tensor is missing, of another shape or broken, or the vocabulary is too large.</exception>
    public LoadReport Save(string directory, SubwordTokenizer tokenizer, SentenceModules? sentence = null)
    {
        BertModel.RequireVocabulary(Layout.Config, tokenizer, directory);
        var values = new Dictionary<string, float[]>();
        LoadReport report = WeightLoader.Load(_weights, Layout, (parameter, read) => values.Add(parameter.Name, read.ToArray()));
        if (Layout.Task.HasHead)
            report.RequireAll(_weights.Path);
        if (report.New.Count > 0)
            _notes.Add("no pooler in the file: embed does not use one, and fine-tuning a classifier starts with a random one");
        if (report.Unused.Count > 0)
            _notes.Add($"not used: {string.Join(", ", report.Unused.Take(10).Select(Printable.Quote))}{(report.Unused.Count > 10 ? $" and {report.Unused.Count - 10} more" : "")}");
        AtomicDirectory.Replace(directory, partial =>
        {
            ModelFolder.Save(partial, Layout, parameter => values[parameter.Name], parameter => values.ContainsKey(parameter.Name));
            tokenizer.Save(partial);
            sentence?.Save(partial, Layout.Config.HiddenSize);
            CheckpointSeal.Write(partial);
        });
        return report;
    }

    /// <inheritdoc/>
    public void Dispose() => _weights.Dispose();
}
