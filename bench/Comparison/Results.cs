using System.Reflection;
using BareBert.Cli;
using BenchmarkDotNet.Filters;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace BareBert.Bench;

/// <summary>
/// <c>bench -- results</c>: all suites beside other libraries, then every quick table, as one Markdown file named after the machine. <c>--quick</c> takes a few
/// sizes of each suite and leaves the tables out.
/// </summary>
internal static class Results
{
    private const string Folder = "bench/results";

    private static readonly (string Title, Type[] Suites)[] Comparisons =
    [
        ("Multiplies", [typeof(MatMulShapes)]),
        ("Training step", [typeof(TrainingStepSuite)]),
        ("Encoder", [typeof(EncoderSuite)]),
        ("Attention", [typeof(AttentionSuite)]),
        ("Vocabulary loss", [typeof(VocabularySuite)]),
        ("Operations",
        [
            typeof(LayerNormSuite), typeof(GeluSuite), typeof(TanhSuite), typeof(SoftmaxSuite), typeof(CrossEntropyBackwardSuite), typeof(DropoutSuite), typeof(EmbeddingSuite),
            typeof(AdamWSuite), typeof(SumOfSquaresSuite), typeof(AddScaledSuite),
        ]),
        ("Tokenizer", [typeof(TokenizerSuite)]),
    ];

    /// <summary>Whether this was built with -p:Peers=true.</summary>
    public static bool HasPeers => typeof(TrainingStepSuite).GetMethods().Any(method => method.GetCustomAttribute<LibraryAttribute>()?.Name == LibraryAttribute.TorchSharp);

    /// <summary>Runs the lot and writes it.</summary>
    /// <param name="args">See <see cref="ResultsOptions"/>.</param>
    public static int Run(string[] args)
    {
        ResultsOptions options = ResultsOptions.Parse(args);
        string output = options.Out ?? $"{Folder}/{MachineSheet.FileName}.md";
        // Before the minutes that it takes.
        if (!Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(output))))
            throw new InputException($"no such folder: {Path.GetDirectoryName(output)}; run it where the project is, or give --out a file in a folder that exists");
        (string Title, Type[] Suites)[] wanted = [.. Comparisons.Where(comparison => options.Wants(comparison.Title))];
        if (wanted.Length == 0)
            throw new InputException($"no such section: --only {options.Only}; they are {string.Join(", ", Comparisons.Select(comparison => comparison.Title))}");
        options.NameFiles();

        DateTimeOffset started = DateTimeOffset.UtcNow;
        var load = new OtherLoad();
        var progress = new ProgressLogger();
        ComparisonTable[] tables = [.. wanted.Select(comparison => new ComparisonTable(comparison.Title))];
        // Every round has all sections: what disturbs the machine for a minute is in one of a row's times.
        for (int round = 0; round < options.Rounds; round++)
        {
            for (int i = 0; i < tables.Length; i++)
                tables[i].Add(Measure(wanted[i].Suites, progress, options.IsQuick));
        }
        string quickTables = options.IsQuick || options.Only.Length > 0 ? "" : QuickTables.Run(options);
        string command = string.Join(' ', ["dotnet run -c Release --project bench", .. HasPeers ? ["-p:Peers=true"] : (string[])[], "-- results", .. args.Select(Path.GetFileName)]); // Where files lie on this machine helps nobody.
        string text = $"# {MachineSheet.Title}\n\n{MachineSheet.Write(command, started, load)}\n```\n{QuickTables.Captured(Machine.Print)}\n```\n"
            + Extremes(tables)
            + string.Concat(tables.Select(table => $"\n## {table.Title}\n\n{table}"))
            + (progress.Failures.Count == 0 ? "" : $"\n## Failures\n\n{string.Concat(progress.Failures.Select(failure => $"- {failure}\n"))}")
            + quickTables;
        AtomicFile.WriteText(output, text.ReplaceLineEndings("\n"));
        Console.WriteLine($"\n{text}\nwritten to {output}");
        return tables.All(table => table.IsComplete) ? ExitCodes.Success : ExitCodes.Failure;
    }

    private static string Extremes(ComparisonTable[] tables)
    {
        string[] rows = [.. tables.SelectMany(table => table.Extremes())];
        return rows.Length == 0 ? ""
            : $"\n## Worst and best\n\nOurs over theirs in speed, on as many threads.\n\n| | beside | worst | best |\n|---|---|---|---|\n{string.Join('\n', rows)}\n";
    }

    private static Summary[] Measure(Type[] suites, ProgressLogger progress, bool isQuick)
    {
        BenchConfig config = new(progress, isQuick);
        config.AddFilter(new SimpleFilter(row => row.Descriptor.WorkloadMethod.IsDefined(typeof(LibraryAttribute))
            && (!isQuick || row.Parameters.Items.Select(p => p.Value).OfType<IWork>().All(work => work.IsQuick))));
        return BenchmarkRunner.Run(suites, config);
    }
}
