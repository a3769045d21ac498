namespace BareBert.Bert.Tasks;

/// <summary>Answers to a table's questions.</summary>
internal sealed class AnsweredRows(QuestionAnswerer answerer) : RowPredictor
{
    private ColumnChoice _columns = null!;

    internal override IReadOnlyList<string> Names { get; } = ["predicted_answer", "predicted_start", "predicted_end", "no_answer_probability"];

    internal override void Choose(Table table, TableOptions options) =>
        _columns = ColumnChoice.Of(table, options with { TextColumn = options.TextColumn ?? "question", Text2Column = options.Text2Column ?? "context" }, LabelNeed.None);

    internal override bool CanRead(TableRow row) => row[_columns.Text] is not null && row[_columns.Text2!.Value] is not null;

    internal override IReadOnlyList<PredictedField[]> Predict(IReadOnlyList<TableRow> rows, CancellationToken cancel) =>
        [.. answerer.Answer([.. rows.Select(row => (row[_columns.Text]!, row[_columns.Text2!.Value]!))], cancel).Select(said =>
        {
            string answer = said.Answer(answerer.Threshold);
            return (PredictedField[])[PredictedField.Of("predicted_answer", answer), Place("predicted_start", c => c.Start), Place("predicted_end", c => c.End),
                PredictedField.Of("no_answer_probability", said.NoAnswerProbability)];

            PredictedField Place(string name, Func<QaCandidate, int> place) =>
                answer.Length > 0 ? PredictedField.Of(name, place(said.Candidates[0])) : new PredictedField(name, null, "");
        })];
}
