using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace BareBert.Bert.Evaluations;

/// <summary>A figure that was measured.</summary>
/// <param name="Dataset">As it is called, such as <c>wikitext-2</c>.</param>
/// <param name="Split">train, valid or test.</param>
/// <param name="Metric">As in metrics.jsonl: <c>mlm_perplexity</c>, <c>accuracy</c>.</param>
/// <param name="Value">What was measured.</param>
public sealed record MeasuredFigure(string Dataset, string Split, string Metric, double Value);

/// <summary>
/// The README.md of a model's folder: the metadata block that the Hugging Face hub reads, and the facts of the training for people.
/// It says only what it is given; a figure that was not measured is not there.
/// </summary>
/// <remarks>Metadata: https://huggingface.co/docs/hub/model-cards; figures go into its <c>model-index</c>.</remarks>
public sealed record ModelCard
{
    /// <summary>The model's name.</summary>
    public required string Name { get; init; }

    /// <summary>The model that was trained.</summary>
    public required ParameterLayout Layout { get; init; }

    /// <summary>What a method added to it: then the folder holds that alone. Null: it holds a whole model.</summary>
    public Adaptation? Adaptation { get; init; }

    /// <summary>One or two sentences: trained on what, from what.</summary>
    public required string Summary { get; init; }

    /// <summary>Language code; null when unknown.</summary>
    public string? Language { get; init; }

    /// <summary>Licence identifier, as <c>mit</c>; null when the user has not chosen one.</summary>
    public string? License { get; init; }

    /// <summary>The model it was made from: the hub's name, or that of its folder; null when trained from scratch.</summary>
    public string? BaseModel { get; init; }

    /// <summary>How it was made from it, as the hub calls that: adapter, merge, finetune.</summary>
    public string? Relation { get; init; }

    /// <summary>What it was trained on.</summary>
    public IReadOnlyList<string> Datasets { get; init; } = [];

    /// <summary>What was measured.</summary>
    public IReadOnlyList<MeasuredFigure> Figures { get; init; } = [];

    /// <summary>Options and circumstances of the training, in the order they are to be shown.</summary>
    public IReadOnlyList<(string Name, string Value)> Training { get; init; } = [];

    /// <summary>The file's text.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder("---\n");
        AppendMetadata(text);
        text.Append("---\n\n# ").Append(OneLine(Name)).Append("\n\n").Append(Summary.Trim()).Append("\n\n");
        AppendModel(text);
        AppendTable(text, "Measured", ["Dataset", "Split", "Metric", "Value"],
            Figures.Select(f => (string[])[f.Dataset, f.Split, f.Metric, Number(f.Value)]));
        AppendTable(text, "Training", ["Option", "Value"], Training.Select(t => (string[])[t.Name, t.Value]));
        CardUsage.Append(text, this);
        return text.ToString();
    }

    private void AppendMetadata(StringBuilder text)
    {
        text.Append("library_name: ").Append(CardUsage.LibraryOf(this)).Append('\n').Append("pipeline_tag: ").Append(Layout.Task.PipelineTag).Append('\n');
        AppendScalar("language", Language);
        AppendScalar("license", License);
        AppendScalar("base_model", BaseModel);
        AppendScalar("base_model_relation", BaseModel is null ? null : Relation);
        AppendList("datasets", Datasets);
        AppendList("metrics", Figures.Select(f => f.Metric).Distinct());
        AppendList("tags", [Layout.Config.Family.ToString().ToLowerInvariant(), "barebert"]);
        AppendModelIndex(text);

        void AppendScalar(string key, string? value)
        {
            if (value is not null)
                text.Append(key).Append(": ").Append(Quoted(value)).Append('\n');
        }

        void AppendList(string key, IEnumerable<string> values)
        {
            string[] all = [.. values];
            if (all.Length == 0)
                return;
            text.Append(key).Append(":\n");
            foreach (string value in all)
                text.Append("- ").Append(Quoted(value)).Append('\n');
        }
    }

    private void AppendModelIndex(StringBuilder text)
    {
        MeasuredFigure[] numbers = [.. Figures.Where(f => double.IsFinite(f.Value))];
        if (numbers.Length == 0)
            return;
        text.Append("model-index:\n- name: ").Append(Quoted(Name)).Append("\n  results:\n");
        foreach (IGrouping<(string Dataset, string Split), MeasuredFigure> set in numbers.GroupBy(f => (f.Dataset, f.Split)))
        {
            text.Append("  - task:\n      type: ").Append(Layout.Task.PipelineTag)
                .Append("\n    dataset:\n      name: ").Append(Quoted(set.Key.Dataset))
                .Append("\n      type: ").Append(Quoted(set.Key.Dataset))
                .Append("\n      split: ").Append(Quoted(set.Key.Split))
                .Append("\n    metrics:\n");
            foreach (MeasuredFigure figure in set)
                text.Append($"    - type: {Quoted(figure.Metric)}\n      value: {Number(figure.Value)}\n");
        }
    }

    private void AppendModel(StringBuilder text)
    {
        BertConfig config = Layout.Config;
        AppendTable(text, "Model", ["", ""],
        [
            ["Architecture", Layout.ArchitectureName],
            ["Layers, hidden size, heads", $"{config.Layers}, {config.HiddenSize}, {config.Heads}"],
            ["Vocabulary", config.VocabSize.ToString("N0", CultureInfo.InvariantCulture)],
            ["Longest sequence", config.MaxPositions.ToString(CultureInfo.InvariantCulture)],
            ["Parameters", Layout.Total.ToString("N0", CultureInfo.InvariantCulture)],
            .. Adaptation is null ? (string[][])[] : [["Added parameters, which this folder holds", Adaptation.ParametersOf(Layout).Sum(p => (long)p.Count).ToString("N0", CultureInfo.InvariantCulture)]],
            .. config.Labels.Count > 0 ? (string[][])[["Classes", string.Join(", ", config.Labels)]] : [],
        ]);
    }

    private static void AppendTable(StringBuilder text, string title, string[] head, IEnumerable<string[]> rows)
    {
        string[][] all = [.. rows];
        if (all.Length == 0)
            return;
        text.Append("## ").Append(title).Append("\n\n");
        AppendRow(head);
        AppendRow([.. head.Select(_ => "---")]);
        foreach (string[] row in all)
            AppendRow([.. row.Select(cell => OneLine(cell).Replace("|", "\\|"))]);
        text.Append('\n');

        void AppendRow(string[] cells) => text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");
    }

    private static string OneLine(string value) => value.ReplaceLineEndings(" ").Trim();

    private static string Number(double value) => value.ToString("G6", CultureInfo.InvariantCulture);

    /// <summary>A JSON string is a YAML string.</summary>
    private static string Quoted(string value) => $"\"{JsonEncodedText.Encode(value, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
}
