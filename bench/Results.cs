using System.Runtime.InteropServices;

namespace BareBert.Bench;

/// <summary>Runs every quick table and writes them to a Markdown file: bench/RESULTS.md.</summary>
internal static class Results
{
    private static readonly string[] Known = ["--out", "--vocab", "--text", "--classification"];

    /// <summary>Runs the lot.</summary>
    /// <param name="args">"--out FILE", "--vocab FILE", "--text FILE", "--classification PATH": what is left out is not measured, and said.</param>
    public static int Run(string[] args)
    {
        Dictionary<string, string> options = Parse(args);
        string output = options.GetValueOrDefault("--out", "bench/RESULTS.md");
        string? vocabulary = options.GetValueOrDefault("--vocab"), text = options.GetValueOrDefault("--text"), data = options.GetValueOrDefault("--classification");
        // Before the minutes that the tables take.
        if (!Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(output))))
            throw new InputException($"no such folder: {Path.GetDirectoryName(output)}; give --out a file in one that exists");
        (string Title, Func<int> Table)[] tables =
        [
            ("Machine", Machine.Print),
            ("Matrix multiply", () => GemmTable.Run("")),
            ("Memory-bound operations", () => OpsTable.Run([])),
            ("Attention", () => AttentionTable.Run("")),
            ("Vocabulary cross-entropy", () => VocabularyTable.Run("")),
            ("Training step", StepTable.Run),
            ("Packed against padded", () => PackedTable.Run(vocabulary is null || data is null ? [] : [vocabulary, data])),
            ("Tokenizer", () => TokenizerTable.Run(vocabulary is null || text is null ? [] : [vocabulary, text])),
        ];
        using var file = new StringWriter();
        file.WriteLine("# Results of one run\n");
        file.WriteLine($"`dotnet run -c Release --project bench -- results`, {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSArchitecture}, "
            + $"{Environment.ProcessorCount} processors. Medians; figures side by side in a table were measured in turn.\n");
        TextWriter console = Console.Out;
        foreach ((string title, Func<int> table) in tables)
        {
            console.WriteLine($"== {title}");
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
            console.Write(captured);
            file.WriteLine($"## {title}\n\n```\n{captured.ToString().TrimEnd()}\n```\n");
        }
        File.WriteAllText(output, file.ToString().ReplaceLineEndings("\n"));
        console.WriteLine($"written to {output}");
        return 0;
    }

    private static Dictionary<string, string> Parse(string[] args)
    {
        var options = new Dictionary<string, string>();
        for (int i = 0; i < args.Length; i += 2)
        {
            if (!Known.Contains(args[i]))
                throw new InputException($"unknown option: {args[i]}; known are {string.Join(" ", Known)}");
            options[args[i]] = i + 1 < args.Length ? args[i + 1] : throw new InputException($"{args[i]} needs a value");
        }
        return options;
    }
}
