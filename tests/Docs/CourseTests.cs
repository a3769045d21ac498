using System.Text.RegularExpressions;
using Xunit;

namespace BareBert.Tests;

/// <summary>The form of the programs of docs/learn; .ci/run runs them, and each checks what it claims.</summary>
public sealed partial class CourseTests
{
    private static readonly string[] Programs = [.. Directory.GetFiles(Sources.At("docs", "learn"), "*.cs").Order(StringComparer.Ordinal)];

    public static TheoryData<string> Names => [.. Programs.Select(path => Path.GetFileName(path))];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_program_says_what_will_be_seen_and_ends_with_a_question_and_a_change_to_try(string name)
    {
        string[] lines = File.ReadAllLines(Sources.At("docs", "learn", name));
        Assert.True(lines.Length < 120, $"{name} has {lines.Length} lines");
        Assert.StartsWith("// ", lines[0]);
        Assert.StartsWith("// Seen here: ", lines[2]);
        Assert.Matches(@"^(Console\.WriteLine\(|string picture)", lines.First(line => line.StartsWith("Console", StringComparison.Ordinal) || line.StartsWith("string", StringComparison.Ordinal)));
        Assert.Single(lines, line => line.StartsWith("    Question: ", StringComparison.Ordinal));
        Assert.Single(lines, line => line.StartsWith("    Try: ", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.TrimStart().StartsWith("Claim(", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_program_compiles(string name) => ConsoleProgram.Compile(File.ReadAllText(Sources.At("docs", "learn", name)));

    [Fact]
    public void They_are_numbered_and_listed_in_order()
    {
        string[] names = [.. Programs.Select(path => Path.GetFileName(path))];
        Assert.Equal(Enumerable.Range(1, names.Length).Select(i => $"{i:00}-"), names.Select(name => name[..3]));
        Assert.Equal(names, Row().Matches(File.ReadAllText(Sources.At("docs", "learn", "README.md"))).Select(match => match.Groups[1].Value));
    }

    /// <summary>Files to read beside a program: a path from the root, or a name in the folder of the one before it.</summary>
    [Fact]
    public void What_is_to_be_read_beside_them_is_there()
    {
        var missing = new List<string>();
        foreach (string line in File.ReadLines(Sources.At("docs", "learn", "README.md")).Where(line => Row().IsMatch(line)))
        {
            string folder = "";
            foreach (string name in Code().Matches(line.Split('|')[3]).Select(match => match.Groups[1].Value))
            {
                string path = File.Exists(Sources.At(name)) ? name : Path.Combine(folder, name);
                if (!File.Exists(Sources.At(path)))
                    missing.Add($"{name}, in: {line}");
                folder = path == name ? Path.GetDirectoryName(name)! : folder;
            }
        }
        Assert.Empty(missing);
    }

    [GeneratedRegex(@"^\| \[[^\]]*\]\(([^)]*\.cs)\)", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("`([^`]*)`")]
    private static partial Regex Code();
}
