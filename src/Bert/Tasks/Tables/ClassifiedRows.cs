namespace BareBert.Bert.Tasks;

/// <summary>Classes, labels or numbers of a table's texts.</summary>
internal sealed class ClassifiedRows(TextClassifier classifier) : RowPredictor
{
    private ColumnChoice _columns = null!;

    internal override IReadOnlyList<string> Names => classifier.Scores == ScoreKind.Plain
        ? [.. classifier.LabelNames.Select(name => $"predicted_{name}")]
        : [classifier.IsMultiLabel ? "predicted_labels" : "predicted_label", .. classifier.IsMultiLabel ? Array.Empty<string>() : ["predicted_score"],
            .. classifier.LabelNames.Count > 1 ? classifier.LabelNames.Select(name => $"probability_{name}") : []];

    internal override void Choose(Table table, TableOptions options) => _columns = ColumnChoice.Of(table, options, LabelNeed.None);

    internal override bool CanRead(TableRow row) => row[_columns.Text] is not null && !row.IsList(_columns.Text);

    internal override IReadOnlyList<PredictedField[]> Predict(IReadOnlyList<TableRow> rows, CancellationToken cancel)
    {
        IReadOnlyList<string> names = Names;
        return [.. classifier.Predict([.. rows.Select(row => (row[_columns.Text]!, _columns.Text2 is int second ? row[second] ?? "" : null))], cancel).Select(said =>
        {
            IEnumerable<PredictedField> Numbers(int first) => said.Probabilities.Select((p, c) => PredictedField.Of(names[first + c], p));
            return (PredictedField[])(classifier.Scores == ScoreKind.Plain ? [.. Numbers(0)]
                : classifier.IsMultiLabel ? [PredictedField.Of(names[0], said.Labels, "|"), .. Numbers(1)]
                : [PredictedField.Of(names[0], said.Label), PredictedField.Of(names[1], said.Score), .. said.Probabilities.Length > 1 ? Numbers(2) : []]);
        })];
    }
}
