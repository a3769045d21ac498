using System.Globalization;
using CsvHelper;

namespace BareBert.Bert.Data;

/// <summary>Reads CSV and TSV: RFC 4180 quoting, line ends of any kind, newlines inside quotes, a byte order mark.</summary>
internal static class DelimitedReader
{
    /// <summary>Reads a table whose first row names the columns (without header they are called 1, 2, …).</summary>
    /// <exception cref="InputException">The file is empty, or a quote is opened and never closed.</exception>
    public static Table Read(string path, char separator, bool header)
    {
        string text = TextFile.Read(path).Text;
        var quoted = Parse(text, separator, CsvMode.Rfc4180);
        // Tab-separated files are often written without any quoting: a lone " is then text. Take the reading that fits the columns.
        if (separator == '\t' && (quoted.UnclosedAt is not null || quoted.Ragged > 0 || quoted.StrayQuotes > 0))
        {
            var plain = Parse(text, separator, CsvMode.NoEscape);
            if (quoted.UnclosedAt is not null || plain.Ragged <= quoted.Ragged)
                quoted = plain;
        }
        if (quoted.UnclosedAt is int line)
            throw new InputException($"a quote is opened and never closed: {path}, the row at line {line}; close it, or double quotes inside a cell");
        return ToTable(path, quoted, header);
    }

    private static Table ToTable(string path, Parsed parsed, bool header)
    {
        if (parsed.Rows.Count == 0)
            throw new InputException($"the file has no rows: {path}; give a table with a text and a label column");
        int width = parsed.Rows[0].Cells.Length;
        string[] columns = header
            ? [.. parsed.Rows[0].Cells.Select(c => (c ?? "").Trim())]
            : [.. Enumerable.Range(1, width).Select(c => c.ToString(CultureInfo.InvariantCulture))];
        var body = parsed.Rows.Skip(header ? 1 : 0).ToArray();
        TableRow[] ragged = [.. body.Where(r => r.Cells.Length != width)];
        List<string> notices = [];
        if (ragged.Length > 0)
            notices.Add($"{ragged.Length:N0} rows with more or fewer than {width} columns were skipped: {path}, the first at line {ragged[0].Line}");
        if (parsed.StrayQuotes > 0)
            notices.Add($"{parsed.StrayQuotes:N0} rows have a quote in the middle and were taken as they stand: {path}");
        return new Table(path, columns, [.. body.Where(r => r.Cells.Length == width)], notices);
    }

    private static Parsed Parse(string text, char separator, CsvMode mode)
    {
        int stray = 0;
        int? unclosedAt = null;
        using var reader = CsvReader.FromText(text, new CsvReaderOptions
        {
            Separator = separator,
            Mode = mode,
            HasHeader = false,
            TrackLineNumbers = true,
            OnMalformedRecord = record =>
            {
                if (record.Reason == CsvMalformedReason.UnterminatedQuote) unclosedAt = (int)record.LineNumber;
                else stray++;
            },
        });
        List<TableRow> rows = [];
        while (reader.Read())
            rows.Add(new TableRow((int)reader.LineNumber, [.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetString)]));
        int ragged = rows.Count == 0 ? 0 : rows.Count(r => r.Cells.Length != rows[0].Cells.Length);
        return new Parsed(rows, stray, ragged, unclosedAt);
    }

    private sealed record Parsed(List<TableRow> Rows, int StrayQuotes, int Ragged, int? UnclosedAt);
}
