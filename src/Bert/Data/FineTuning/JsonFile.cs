using System.Text.Json;

namespace BareBert.Bert.Data;

/// <summary>Opens JSON files that people wrote, and says in one line what is wrong with them.</summary>
internal static class JsonFile
{
    // Deep enough for any of our formats; a hostile file is refused long before the stack is in danger.
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 64 };

    /// <summary>Parses the whole file; a byte order mark is skipped.</summary>
    /// <exception cref="InputException">The file cannot be read, or is not JSON in UTF-8.</exception>
    public static JsonDocument Parse(string path) => Parse(path, TextFile.ReadBytes(path));

    /// <summary>The same of a file that may be packed by gzip.</summary>
    /// <inheritdoc cref="Parse(string)"/>
    public static JsonDocument ParseUnpacked(string path)
    {
        using Stream stream = TextInput.OpenBytes(path);
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return Parse(path, bytes.ToArray());
    }

    private static JsonDocument Parse(string path, byte[] bytes)
    {
        try
        {
            var utf8 = bytes.AsMemory();
            return JsonDocument.Parse(utf8.Span.StartsWith("\uFEFF"u8) ? utf8[3..] : utf8, Options);
        }
        catch (JsonException e)
        {
            throw NotJson(path, e);
        }
    }

    /// <summary>What to say of a file, or of one line of it, that is not JSON.</summary>
    public static InputException NotJson(string where, JsonException e)
    {
        string place = e.LineNumber is long line ? $"{where}, line {line + 1}, byte {e.BytePositionInLine + 1}" : where;
        return new InputException($"not JSON (cut short, or NaN, or a stray character?): {place}; mend the file or write it anew", e);
    }

    /// <summary>Runs a read that trips over text that is not Unicode (a lone surrogate, broken UTF-8).</summary>
    /// <exception cref="InputException">It did.</exception>
    public static T Guard<T>(string path, string where, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException e)
        {
            throw new InputException($"a string is not Unicode text (half a surrogate pair or broken UTF-8): {path}, {where}; mend the file", e);
        }
    }
}
