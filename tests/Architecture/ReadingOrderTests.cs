using System.Text.RegularExpressions;
using Xunit;

namespace BareBert.Tests;

/// <summary>A folder with more files than a glance takes in says in its README.md in which order to read them: a list in which each begins with 1., since Markdown counts.</summary>
public sealed partial class ReadingOrderTests
{
    private const int AtAGlance = 8;

    public static TheoryData<string> Folders => [.. from file in Sources.Of("src")
                                                    group file by Path.GetDirectoryName(file)! into folder
                                                    where folder.Count() > AtAGlance
                                                    orderby folder.Key
                                                    select Path.GetRelativePath(Sources.At("src"), folder.Key)];

    [Theory, MemberData(nameof(Folders))]
    public void Every_file_has_one_line(string folder)
    {
        string page = Path.Combine(Sources.At("src"), folder, "README.md");
        Assert.True(File.Exists(page), $"src/{folder} has more than {AtAGlance} files and no README.md with the order in which to read them");
        string[] named = [.. Line().Matches(File.ReadAllText(page)).Select(match => match.Groups[1].Value)];
        string[] there = [.. Directory.GetFiles(Path.GetDirectoryName(page)!, "*.cs").Select(path => Path.GetFileName(path))];
        string? unnamed = there.Except(named).FirstOrDefault(), gone = named.Except(there).FirstOrDefault();
        Assert.True(unnamed is null, $"src/{folder}/README.md has no line for {unnamed}: say where it stands in the order of reading");
        Assert.True(gone is null, $"src/{folder}/README.md names {gone}, which is not there");
        Assert.Equal(named.Length, named.Distinct().Count());
    }

    [GeneratedRegex(@"^1\. `([\w.]+\.cs)`: \S", RegexOptions.Multiline)]
    private static partial Regex Line();
}
