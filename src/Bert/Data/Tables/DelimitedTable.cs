using System.Globalization;
using CsvHelper;

namespace BareBert.Bert.Data;

/// <summary>Reads CSV and TSV: RFC 4180 quoting or none, line ends of any kind, newlines inside quotes, a byte order mark.</summary>
internal static class DelimitedTable
{
    // Of a file that is longer, how it is written is told from so many characters.
    private const int SampleLength = 1 << 26;

    /// <summary>Opens a table whose first row names the columns (without header they are called 1, 2, …).</summary>
    /// <param name="path">The file.</param>
    /// <param name="usual">What parts cells in files of this extension.</param>
    /// <param name="options">Header, separator and quoting.</param>
    /// <exception cref="InputException">The file is empty; as rows are read: a quote is opened and never closed.</exception>
    public static Table Open(string path, char usual, TableOptions options)
    {
        List<string> notices = [];
        DelimitedDialect dialect;
        string?[] first;
        using (TextReader reader = TextInput.Open(path))
        {
            string sample = Sample(reader);
            dialect = DelimitedDialect.Of(path, sample, isWhole: sample.Length < SampleLength, usual, options, notices);
            using var start = new StringReader(sample);
            first = dialect.Records(start, path).FirstOrDefault().Cells
                ?? throw new InputException($"the file has no rows: {path}; give a table with a text and a label column");
        }
        string[] columns = options.NoHeader
            ? [.. Enumerable.Range(1, first.Length).Select(c => c.ToString(CultureInfo.InvariantCulture))]
            : [.. first.Select(c => (c ?? "").Trim())];
        return new Table(path, columns, Rows(path, dialect, options, columns.Length, notices), notices);
    }

    private static IEnumerable<TableRow> Rows(string path, DelimitedDialect dialect, TableOptions options, int width, List<string> notices)
    {
        using TextReader reader = TextInput.Open(path);
        int ragged = 0, firstRagged = 0;
        var strays = new StrayQuotes();
        foreach (TableRow row in dialect.Records(reader, path, strays).Skip(options.NoHeader ? 0 : 1))
        {
            if (row.Cells.Length == width)
                yield return row;
            else if (options.RequiresWholeRows)
                throw new InputException($"a row has {row.Cells.Length} cells, where there are {width} columns: {path}, line {row.Line}; mend the row, or say with `{nameof(options.Quote)}` what quotes are");
            else if (ragged++ == 0)
                firstRagged = row.Line;
        }
        if (ragged > 0)
            notices.Add($"{ragged:N0} rows with more or fewer than {width} columns were skipped: {path}, the first at line {firstRagged}");
        if (strays.Count > 0)
            notices.Add($"{strays.Count:N0} rows have a quote in the middle and were taken as they stand: {path}");
    }

    private static string Sample(TextReader reader)
    {
        char[] block = new char[1 << 16];
        var sample = new System.Text.StringBuilder();
        for (int count; sample.Length < SampleLength && (count = reader.Read(block)) > 0;)
            sample.Append(block, 0, Math.Min(count, SampleLength - sample.Length));
        return sample.ToString();
    }
}
