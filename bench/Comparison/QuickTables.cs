namespace BareBert.Bench;

/// <summary>The tables that single commands print, one after the other.</summary>
internal static class QuickTables
{
    /// <summary>Runs them.</summary>
    /// <param name="options">Names the files that some need.</param>
    /// <returns>Markdown.</returns>
    public static string Run(ResultsOptions options)
    {
        static string[] Files(params string?[] files) => files.Contains(null) ? [] : [.. files.OfType<string>()];
        (string Title, Func<int> Table)[] tables =
        [
            ("Matrix multiply", () => GemmTable.Run("")),
            ("Memory-bound operations", () => OpsTable.Run([])),
            ("Attention by length", () => AttentionTable.Run("")),
            ("Vocabulary cross-entropy", () => VocabularyTable.Run("")),
            ("Training step by size", StepTable.Run),
            ("Packed against padded", () => PackedTable.Run(Files(options.Vocabulary, options.Texts))),
            ("Tokenizer on all threads", () => TokenizerTable.Run(Files(options.Vocabulary, options.Text))),
        ];
        return string.Concat(tables.Select(table =>
        {
            Console.WriteLine(table.Title);
            return $"\n## {table.Title}\n\n```\n{Captured(table.Table)}\n```\n";
        }));
    }

    /// <summary>What a table prints.</summary>
    public static string Captured(Func<int> table)
    {
        TextWriter console = Console.Out;
        var captured = new StringWriter();
        Console.SetOut(captured);
        try
        {
            table();
        }
        finally
        {
            Console.SetOut(console);
        }
        return captured.ToString().TrimEnd();
    }
}
