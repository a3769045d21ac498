namespace BareBert.Bert.Data;

/// <summary>From the file's offsets, in Unicode code points, to .NET's, in UTF-16 characters.</summary>
internal sealed class CodePointOffsets
{
    private readonly int[]? _utf16; // null where they are the same

    public CodePointOffsets(string context)
    {
        Context = context;
        if (!context.Any(char.IsSurrogate))
            return;
        List<int> starts = [];
        for (int i = 0; i < context.Length; i += char.IsSurrogatePair(context, i) ? 2 : 1)
            starts.Add(i);
        _utf16 = [.. starts];
    }

    /// <summary>The text.</summary>
    public string Context { get; }

    /// <summary>The answer, if it is not empty and stands in the context at that code point.</summary>
    public SquadAnswer? Locate(string text, int codePoint)
    {
        int limit = _utf16?.Length ?? Context.Length;
        if (text.Length == 0 || codePoint < 0 || codePoint >= limit)
            return null;
        int start = _utf16?[codePoint] ?? codePoint;
        return string.CompareOrdinal(Context, start, text, 0, text.Length) == 0 ? new SquadAnswer(text, start, start + text.Length) : null;
    }
}
