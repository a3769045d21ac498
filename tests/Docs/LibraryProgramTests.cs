using System.Reflection;
using System.Text.RegularExpressions;
using Xunit;

namespace BareBert.Tests;

/// <summary>The console programs of docs/ are compiled and run as they stand there.</summary>
[Collection(nameof(CliCollection))]
public sealed partial class LibraryProgramTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void It_fine_tunes_and_predicts()
    {
        string[] films = [.. Enumerable.Range(0, 40).Select(i => i % 2 == 0 ? $"a good film {i},pos" : $"a bad film {i},neg")];
        string data = _scratch.File("reviews.csv", "text,label\n" + string.Join('\n', films) + "\n");
        string printed = Run(ConsoleProgram.Compile(Program()), data, "tiny", _scratch["run"]);
        string[] lines = printed.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Equal(2, lines.Length);
        Assert.Matches(@"^accuracy \d+\.\d\s?% after 3 steps$", lines[0]);
        Assert.Matches(@"^(pos|neg) 0\.\d\d$", lines[1]);
    }

    [Fact]
    public void It_searches_by_meaning()
    {
        using (var kernels = new BareBert.Kernels.CpuKernels(1))
            KeywordSentiment.SaveBase(_scratch["model"], kernels);
        string lines = _scratch.File("lines.txt", "the film was good\nthe film was bad\nmusic today\nactors and music\n");
        string printed = Run(ConsoleProgram.Compile(File.ReadAllText(Sources.At("docs", "search.cs"))), _scratch["model"], lines, "the film was good", "music today");
        string[] found = printed.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Equal(8, found.Length);
        Assert.Equal(("the film was good", "1.000  the film was good"), (found[0], found[1]));
        Assert.Equal(("music today", "1.000  music today"), (found[4], found[5]));
    }

    /// <summary>As short as it is said to be.</summary>
    [Fact]
    public void It_has_no_more_than_fifteen_lines_of_code() =>
        Assert.True(Program().Split('\n').Count(line => line.Trim().Trim('{', '}', ';').Length > 0) <= 15);

    private static string Program()
    {
        Match block = CSharpBlock().Match(File.ReadAllText(Sources.At("docs", "library.md")));
        Assert.True(block.Success);
        return block.Groups[1].Value;
    }

    private static string Run(Assembly program, params string[] arguments)
    {
        TextWriter stdout = Console.Out;
        using var written = new StringWriter();
        Console.SetOut(written);
        try
        {
            program.EntryPoint!.Invoke(null, [arguments]);
        }
        finally
        {
            Console.SetOut(stdout);
        }
        return written.ToString();
    }

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CSharpBlock();
}
