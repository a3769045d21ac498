using CsvHelper;

namespace BareBert.Bert.Data;

/// <summary>How a delimited file is written.</summary>
/// <param name="Separator">Parts cells.</param>
/// <param name="IsQuoted">Whether cells may stand in quotes.</param>
internal sealed record DelimitedDialect(char Separator, bool IsQuoted)
{
    /// <summary>As asked for, or as fits the file.</summary>
    /// <param name="path">For messages.</param>
    /// <param name="sample">Its beginning.</param>
    /// <param name="isWhole">Whether that is all of it.</param>
    /// <param name="usual">What parts cells in files of its extension.</param>
    /// <param name="options">What was asked for.</param>
    /// <param name="notices">Takes what was guessed against the usual.</param>
    /// <exception cref="InputException">A quote is opened and never closed, or the separator is none.</exception>
    public static DelimitedDialect Of(string path, string sample, bool isWhole, char usual, TableOptions options, List<string> notices)
    {
        char separator = options.Separator is { } asked ? Separators.Parse($"`{nameof(options.Separator)}`", asked) : Guess(path, sample, usual, notices);
        var quoted = new DelimitedDialect(separator, true);
        if (options.Quote != Quoting.Auto || !sample.Contains('"'))
            return quoted with { IsQuoted = options.Quote != Quoting.None };
        Shape shape = quoted.ShapeOf(sample, isWhole);
        if (shape is { UnclosedAt: null, Ragged: 0, Strays: 0, HasLongCells: false })
            return quoted;
        var plain = new DelimitedDialect(separator, false);
        Shape plainShape = plain.ShapeOf(sample, isWhole);
        // Tab-separated files are often written without any quoting: a lone " is then text. And a cell that runs over lines each of
        // which is a row by itself was never meant as one. Take the reading that fits the columns.
        bool isText = shape.HasLongCells && plainShape.Ragged == 0 && shape.UnclosedAt is null
            || (separator == '\t' && shape is not { UnclosedAt: null, Ragged: 0, Strays: 0 } && (shape.UnclosedAt is not null || plainShape.Ragged <= shape.Ragged));
        if (!isText)
        {
            return shape.UnclosedAt is not int line ? quoted : throw new InputException(
                $"a quote is opened and never closed: {path}, the row at line {line}; close it, or double quotes inside a cell, or take them as text (`{nameof(options.Quote)}` none)");
        }
        notices.Add($"quotes are taken as text, as the rows fit the columns so: {path}; `{nameof(options.Quote)}` double takes them as the bounds of cells");
        return plain;
    }

    /// <summary>The rows as they stand, however many cells each has.</summary>
    /// <exception cref="InputException">A quote is opened and never closed.</exception>
    public IEnumerable<TableRow> Records(TextReader text, string path, StrayQuotes? strays = null)
    {
        int? unclosed = null;
        using CsvReader reader = Open(text, line => unclosed = line, strays ?? new StrayQuotes());
        while (reader.Read() && unclosed is null)
            yield return new TableRow((int)reader.LineNumber, Cells(reader));
        if (unclosed is int at)
            throw new InputException($"a quote is opened and never closed: {path}, the row at line {at}; close it, or double quotes inside a cell, or take them as text (`{nameof(TableOptions.Quote)}` none)");
    }

    private static char Guess(string path, string sample, char usual, List<string> notices)
    {
        int Width(char separator)
        {
            using var reader = new StringReader(sample);
            int[] widths = [.. new DelimitedDialect(separator, true).WidthsOf(reader).Take(2)];
            return widths is [var first, var second] && first != second ? 1 : widths.FirstOrDefault();
        }
        using var start = new StringReader(sample);
        if (new DelimitedDialect(usual, true).WidthsOf(start).FirstOrDefault() >= 2)
            return usual;
        (char separator, string name) = Separators.Known.MaxBy(k => Width(k.Separator));
        if (Width(separator) < 2)
            return usual;
        notices.Add($"cells are parted by {name}s: {path}; `{nameof(TableOptions.Separator)}` says otherwise");
        return separator;
    }

    private IEnumerable<int> WidthsOf(TextReader text)
    {
        using CsvReader reader = Open(text, _ => { }, new StrayQuotes());
        while (reader.Read())
            yield return reader.FieldCount;
    }

    private Shape ShapeOf(string sample, bool isWhole)
    {
        int? unclosed = null, width = null;
        int ragged = 0;
        bool hasLongCells = false;
        var strays = new StrayQuotes();
        using var text = new StringReader(sample);
        using CsvReader reader = Open(text, line => unclosed = line, strays);
        while (reader.Read())
        {
            width ??= reader.FieldCount;
            ragged += reader.FieldCount == width ? 0 : 1;
            hasLongCells |= IsQuoted && Cells(reader).Any(cell => cell!.AsSpan().IndexOfAny('\n', '\r') >= 0);
        }
        // What a sample cuts in two says nothing.
        return new Shape(isWhole ? ragged : ragged - (ragged > 0 ? 1 : 0), strays.Count, isWhole ? unclosed : null, hasLongCells);
    }

    private static string?[] Cells(CsvReader reader) => [.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetString)];

    private CsvReader Open(TextReader text, Action<int> unclosed, StrayQuotes strays) => CsvReader.Create(text, new CsvReaderOptions
    {
        Separator = Separator,
        Mode = IsQuoted ? CsvMode.Rfc4180 : CsvMode.NoEscape,
        HasHeader = false,
        TrackLineNumbers = true,
        OnMalformedRecord = record =>
        {
            if (record.Reason == CsvMalformedReason.UnterminatedQuote)
                unclosed((int)record.LineNumber);
            else
                strays.Count++;
        },
    }, leaveOpen: true);

    private sealed record Shape(int Ragged, int Strays, int? UnclosedAt, bool HasLongCells);
}
