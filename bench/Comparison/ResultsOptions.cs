namespace BareBert.Bench;

/// <summary>What <c>bench -- results</c> is asked for. What needs a file that is not given is left out, or takes a generated one, and says so.</summary>
/// <param name="IsQuick"><c>--quick</c>: a few sizes of each suite, fewer iterations, no tables of single commands.</param>
internal sealed record ResultsOptions(bool IsQuick)
{
    /// <summary><c>--out</c>: the file; the machine's own where null.</summary>
    public string? Out { get; private init; }

    /// <summary><c>--only</c>: part of a section's title; all sections where empty.</summary>
    public string Only { get; private init; } = "";

    /// <summary><c>--rounds</c>: how often each row is measured; its median counts.</summary>
    public int Rounds { get; private init; } = 3;

    /// <summary><c>--vocab</c>: a vocab.txt.</summary>
    public string? Vocabulary { get; private init; }

    /// <summary><c>--text</c>: a text to tokenise.</summary>
    public string? Text { get; private init; }

    /// <summary><c>--classification</c>: texts with classes, as fine-tuning reads them.</summary>
    public string? Texts { get; private init; }

    /// <summary>Reads the command line.</summary>
    /// <exception cref="InputException">An unknown option, one without its value, or a file that is not there.</exception>
    public static ResultsOptions Parse(string[] args)
    {
        var options = new ResultsOptions(IsQuick: false);
        for (int i = 0; i < args.Length; i++)
        {
            string Value() => i + 1 < args.Length ? args[++i] : throw new InputException($"{args[i]} needs a value");
            options = args[i] switch
            {
                "--quick" => options with { IsQuick = true },
                "--out" => options with { Out = Value() },
                "--only" => options with { Only = Value() },
                "--rounds" => options with { Rounds = Count(Value()) },
                "--vocab" => options with { Vocabulary = Existing(Value()) },
                "--text" => options with { Text = Existing(Value()) },
                "--classification" => options with { Texts = Existing(Value()) },
                _ => throw new InputException($"unknown option: {args[i]}; known are --quick --out --only --rounds --vocab --text --classification"),
            };
        }
        return options;
    }

    /// <summary>Whether a section is asked for.</summary>
    public bool Wants(string title) => title.Contains(Only, StringComparison.OrdinalIgnoreCase);

    /// <summary>Tells the suites of the files: BenchmarkDotNet passes no arguments on.</summary>
    public void NameFiles()
    {
        Environment.SetEnvironmentVariable(BenchData.VocabularyVariable, Vocabulary);
        Environment.SetEnvironmentVariable(BenchData.TextVariable, Text);
    }

    private static int Count(string value) => int.TryParse(value, out int count) && count > 0 ? count : throw new InputException($"--rounds: not a number of rounds: {value}");

    private static string Existing(string path) => Path.Exists(path) ? path : throw new InputException($"no such file: {path}");
}
