namespace BareBert.Bert.Data;

/// <summary>What parts the cells of a delimited file.</summary>
public static class Separators
{
    /// <summary>The usual ones, with their names.</summary>
    public static IReadOnlyList<(char Separator, string Name)> Known { get; } = [(',', "comma"), ('\t', "tab"), (';', "semicolon"), ('|', "pipe")];

    /// <summary>A separator by its name or itself.</summary>
    /// <param name="setting">What is given, for the message.</param>
    /// <param name="text">A name, one ASCII character, or \t.</param>
    /// <exception cref="InputException">It is none.</exception>
    public static char Parse(string setting, string text)
    {
        foreach ((char separator, string name) in Known)
        {
            if (text.Equals(name, StringComparison.OrdinalIgnoreCase))
                return separator;
        }
        return text is @"\t" ? '\t' : text is [var one] && one is > '\0' and < '\x80' and not ('"' or '\n' or '\r') ? one
            : throw new InputException($"{setting} {Printable.Quote(text)} parts no cells: give one character, or {string.Join(", ", Known.Select(k => k.Name))}");
    }
}
