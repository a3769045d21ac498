using System.Text.RegularExpressions;
using Xunit;

namespace BareBert.Tests;

/// <summary>A type is found by its file's name. Small ones may lie beside the type that they belong to.</summary>
public sealed partial class FilesTests
{
    private const int Small = 20;

    // Families that a reader wants side by side: each file's types are read together.
    private static readonly string[] Families =
    [
        "BertConfigJson.cs", "Bottleneck.cs", "Errors.cs", "HeadProbe.cs", "Lbfgs.cs", "LowRank.cs", "HtmlWriter.cs", "Normalizers.cs", "PreTokenizers.cs", "Projection.cs",
    ];

    [Theory]
    [InlineData("Tensor")]
    [InlineData("Autograd")]
    [InlineData("SampleWorld")]
    [InlineData("Bert")]
    [InlineData("Watch")]
    [InlineData("Cli")]
    public void A_type_lies_in_a_file_of_its_name(string floor) => Assert.Empty(
        from file in Sources.Of("src", floor)
        where !Families.Contains(Path.GetFileName(file))
        from type in TypesOf(File.ReadAllLines(file))
        where type.Lines > Small && type.Name != Path.GetFileName(file).Split('.')[0]
        select $"{type.Name} ({type.Lines} lines) in {file}");

    [Fact]
    public void Types_and_their_lengths_are_seen() => Assert.Equal(
        [("One", 1), ("Two", 4), ("Three", 3)],
        TypesOf(["namespace N;", "", "/// <summary>…</summary>", "public enum One { A }", "", "internal sealed class Two<T>", "{", "    int x;", "}", "public readonly record struct Three(", "    int A,", "    int B);"]));

    private static IEnumerable<(string Name, int Lines)> TypesOf(string[] lines)
    {
        for (int i = 0; i < lines.Length; i++)
        {
            if (Declaration().Match(lines[i]) is not { Success: true } match)
                continue;
            // All of a type but its first line and its braces is indented.
            int next = Array.FindIndex(lines, i + 1, line => line.Length > 0 && line is not "{" && line[0] is not ' ');
            int end = next < 0 ? lines.Length : lines[next] == "}" ? next + 1 : next;
            while (lines[end - 1].Length == 0)
                end--;
            yield return (match.Groups["name"].Value, end - i);
        }
    }

    [GeneratedRegex(@"^(public |internal |file |sealed |static |abstract |readonly |partial |unsafe |ref )*(class|struct|record struct|record|interface|enum) (?<name>\w+)")]
    private static partial Regex Declaration();
}
