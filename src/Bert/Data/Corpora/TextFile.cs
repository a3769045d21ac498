using System.Text;
using System.Text.Unicode;

namespace BareBert.Bert.Data;

/// <summary>A text file as text: UTF-8, with what is not UTF-8 replaced and counted.</summary>
/// <param name="Text">Without byte-order mark.</param>
/// <param name="Replaced">How many malformed sequences became U+FFFD.</param>
internal readonly record struct TextFile(string Text, int Replaced)
{
    /// <summary>Reads a file.</summary>
    /// <exception cref="InputException">It is missing, unreadable, over 2 GB, or holds NUL characters, as binary files and UTF-16 do.</exception>
    public static TextFile Read(string path)
    {
        ReadOnlySpan<byte> bytes = ReadBytes(path);
        if (bytes.Contains((byte)0))
            throw new InputException($"this is not a text file, it holds NUL bytes: {path}; give UTF-8 text (a UTF-16 file has to be converted)");
        if (bytes.StartsWith(Encoding.UTF8.Preamble))
            bytes = bytes[Encoding.UTF8.Preamble.Length..];
        return new TextFile(Encoding.UTF8.GetString(bytes), CountMalformed(bytes));
    }

    /// <summary>The bytes of a file, with errors as the user should see them.</summary>
    /// <exception cref="InputException">It is missing, unreadable or over 2 GB.</exception>
    public static byte[] ReadBytes(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputException($"there is no such file: {path}; check the path", e);
        }
        catch (UnauthorizedAccessException e)
        {
            string why = Directory.Exists(path) ? "this is a directory, not a file" : "this file may not be read";
            throw new InputException($"{why}: {path}; give a readable text file", e);
        }
        catch (IOException e)
        {
            throw new InputException($"the file could not be read ({e.Message.TrimEnd('.')}): {path}; files over 2 GB have to be split", e);
        }
    }

    // Rune decoding consumes a malformed sequence exactly as the replacing decoder does: one U+FFFD each.
    private static int CountMalformed(ReadOnlySpan<byte> bytes)
    {
        if (Utf8.IsValid(bytes))
            return 0;
        int malformed = 0;
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out _, out int consumed) != System.Buffers.OperationStatus.Done)
                malformed++;
            bytes = bytes[consumed..];
        }
        return malformed;
    }
}
