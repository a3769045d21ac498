namespace BareBert.Bert.Tokenization;

/// <summary>Tables of Unicode that lie in the assembly as text.</summary>
internal static class EmbeddedTable
{
    /// <summary>A table's lines, without the comments at its top.</summary>
    public static IEnumerable<string> Lines(string name)
    {
        using Stream stream = typeof(EmbeddedTable).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"{name} is not embedded in this assembly");
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (!line.StartsWith('#'))
                yield return line;
        }
    }
}
