using System.Text.Encodings.Web;
using System.Text.Json;

namespace BareBert.Bert.Tasks;

/// <summary>Says something of every row of a table, as a stream: no more than a batch of rows is in memory, however long the table is.</summary>
public static class TablePredictions
{
    // Rows that are run together: enough to group them by length.
    private const int Batch = 1024;

    internal static JsonSerializerOptions Json { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Reads a table and writes its rows with what the model says of them in columns of their own; rows without a text have these empty.</summary>
    /// <param name="data">A table, see <see cref="TableDataset"/>.</param>
    /// <param name="output">.csv, .tsv or .jsonl, with .gz behind to be packed; it is there once all rows are.</param>
    /// <param name="predictor">The model.</param>
    /// <param name="options">Columns and format of <paramref name="data"/>.</param>
    /// <param name="notice">Takes what is worth knowing.</param>
    /// <param name="cancel">Stops; nothing is left behind.</param>
    /// <returns>How many rows were written, and how many of them the model could read.</returns>
    /// <exception cref="InputException">The table cannot be read, or lacks a column, or is where the output goes.</exception>
    /// <exception cref="RunException">The output cannot be written.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static (long Rows, long Read) Run(string data, string output, RowPredictor predictor, TableOptions options, Action<string> notice, CancellationToken cancel = default)
    {
        TableWriter.Require(output);
        if (UserPaths.AreSame(data, output))
            throw new InputException($"the predictions would replace the rows that are read: {output}; give another file");
        Table table = Table.Open(data, options with { RequiresWholeRows = true });
        if (Table.ExtensionOf(data) != ".parquet")
            TextInput.RequireUtf8(data); // rows with replaced characters, written again, would be damaged
        predictor.Choose(table, options);
        IReadOnlyList<string> names = predictor.Names;
        if (names.FirstOrDefault(table.Columns.Contains) is { } twice)
            throw new InputException($"the table has a column {Printable.Quote(twice)} already: {data}; take it out, or rename it");
        int said = 0;
        Tell();
        (long rows, long read) = (0, 0);
        AtomicFile.Write(output, stream =>
        {
            using var writer = new TableWriter(stream, output, table.Columns, names);
            foreach (TableRow[] chunk in table.Rows.Chunk(Batch))
            {
                cancel.ThrowIfCancellationRequested();
                TableRow[] readable = [.. chunk.Where(predictor.CanRead)];
                using IEnumerator<PredictedField[]> predictions = predictor.Predict(readable, cancel).GetEnumerator();
                foreach (TableRow row in chunk)
                    writer.Write(row, predictor.CanRead(row) && predictions.MoveNext() ? predictions.Current : [.. names.Select(name => new PredictedField(name, null, ""))]);
                (rows, read) = (rows + chunk.Length, read + readable.Length);
            }
        });
        Tell();
        if (read < rows)
            notice($"{rows - read:N0} rows have no text, and nothing is said of them: {data}");
        return (rows, read);

        void Tell()
        {
            for (; said < table.Notices.Count; said++)
                notice(table.Notices[said]);
        }
    }
}
