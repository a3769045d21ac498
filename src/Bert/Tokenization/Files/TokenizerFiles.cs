namespace BareBert.Bert.Tokenization;

/// <summary>Reads and writes a tokenizer's files; what goes wrong becomes one clear line.</summary>
internal static class TokenizerFiles
{
    /// <exception cref="InputException">The file is missing or cannot be read.</exception>
    public static byte[] ReadAllBytes(string path, string what)
    {
        try
        {
            byte[] bytes = File.ReadAllBytes(path);
            InputFiles.RefusePointer(bytes, path);
            return bytes;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputException($"no such {what} file: {path}; check the path", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new InputException($"cannot read the {what} file: {path}; {OneLine(e.Message)}", e);
        }
    }

    /// <exception cref="RunException">The file cannot be written.</exception>
    public static void WriteAllBytes(string path, ReadOnlySpan<byte> bytes)
    {
        try
        {
            File.WriteAllBytes(path, bytes);
        }
        catch (Exception e) when (Disk.IsRefusal(e))
        {
            throw Disk.CannotWrite(path, e);
        }
    }

    private static string OneLine(string message) => message.ReplaceLineEndings(" ").TrimEnd('.');
}
