namespace BareBert.Bert.Data;

/// <summary>A row of a table: its cells in the order of the columns, null where a cell is absent.</summary>
internal readonly record struct TableRow(int Line, string?[] Cells);

/// <summary>Rows of text with named columns, however they were written down.</summary>
/// <param name="Path">The file, for messages.</param>
/// <param name="Columns">Column names as they stand in the file; one may stand there twice.</param>
/// <param name="Rows">The usable rows.</param>
/// <param name="Notices">What was skipped or odd.</param>
internal sealed record Table(string Path, IReadOnlyList<string> Columns, IReadOnlyList<TableRow> Rows, List<string> Notices);
