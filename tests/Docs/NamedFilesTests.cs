using System.Text.RegularExpressions;
using Xunit;

namespace BareBert.Tests;

/// <summary>Files and folders that the pages name are there, and their links lead somewhere.</summary>
public sealed partial class NamedFilesTests
{
    public static TheoryData<string> Pages =>
    [
        .. Directory.EnumerateFiles(Sources.At("."), "*.md", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(Sources.At("."), path).Replace('\\', '/'))
            .Where(path => !path.Split('/').Any(part => part is "bin" or "obj" or "shared" or "BenchmarkDotNet.Artifacts")).Order(StringComparer.Ordinal),
    ];

    [Theory, MemberData(nameof(Pages))]
    public void Every_name_is_that_of_a_file(string page)
    {
        string text = File.ReadAllText(Sources.At(page)), folder = Path.GetDirectoryName(Sources.At(page))!;
        IEnumerable<string> links = Link().Matches(text).Select(match => Path.Combine(folder, match.Groups[1].Value));
        // A name with a placeholder is none.
        IEnumerable<string> names = Name().Matches(text).Select(match => match.Groups[1].Value)
            .Where(name => name.IndexOfAny(['<', '*', '…', ' ', '$']) < 0 && !name.Split('/').Any(part => part.StartsWith('X'))).Select(name => Sources.At(name));
        foreach (string path in links.Concat(names))
            Assert.True(File.Exists(path) || Directory.Exists(path), $"{page} names {path}");
    }

    [GeneratedRegex(@"\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"`((?:src|tests|bench|docs|samples|peers)/[^`]*)`")]
    private static partial Regex Name();
}
