namespace BareBert.Bert.Data;

/// <summary>The texts of a table's rows as if they stood in a text file: where some of the first rows are empty, as WikiText's are, a row is a line; else it is a document.</summary>
internal sealed class RowsReader : TextReader
{
    private const int Looked = 200;

    private readonly IEnumerator<string> _rows;
    private readonly bool _isLines;
    private string _text = "";
    private int _at;

    /// <param name="table">With a column called text.</param>
    /// <exception cref="InputException">It has none.</exception>
    public RowsReader(Table table)
    {
        int column = table.Find("text") ?? throw new InputException($"no column is called text: {table.Path} has {table.Names}; a corpus is read from that one");
        IEnumerable<string> rows = table.Rows.Select(row => row[column] ?? "");
        _isLines = rows.Take(Looked).Any(string.IsNullOrWhiteSpace);
        _rows = rows.GetEnumerator();
    }

    /// <inheritdoc/>
    public override int Peek() => Fill() ? _text[_at] : -1;

    /// <inheritdoc/>
    public override int Read() => Fill() ? _text[_at++] : -1;

    /// <inheritdoc/>
    public override int Read(char[] buffer, int index, int count)
    {
        if (!Fill())
            return 0;
        int taken = Math.Min(count, _text.Length - _at);
        _text.CopyTo(_at, buffer, index, taken);
        _at += taken;
        return taken;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _rows.Dispose();
        base.Dispose(disposing);
    }

    private bool Fill()
    {
        while (_at == _text.Length)
        {
            if (!_rows.MoveNext())
                return false;
            (_text, _at) = (_isLines ? _rows.Current.TrimEnd('\r', '\n') + "\n" : string.Join('\n', _rows.Current.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)) + "\n\n", 0);
        }
        return true;
    }
}
