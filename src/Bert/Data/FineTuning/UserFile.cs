using System.Text;

namespace BareBert.Bert;

/// <summary>Reads files that the user named; every failure is one line that names the file.</summary>
internal static class UserFile
{
    /// <exception cref="InputException">The file is missing, is a folder, may not be read, or is too large.</exception>
    public static byte[] ReadBytes(string path) => Guard(path, () => File.ReadAllBytes(path));

    /// <summary>The text as UTF-8 with or without byte order mark (UTF-16 and UTF-32 too, where a mark says so); broken bytes become U+FFFD.</summary>
    /// <exception cref="InputException">As <see cref="ReadBytes"/>.</exception>
    public static string ReadText(string path) => Guard(path, () => File.ReadAllText(path, Encoding.UTF8));

    /// <summary>Opens for sequential reading.</summary>
    /// <exception cref="InputException">As <see cref="ReadBytes"/>.</exception>
    public static FileStream Open(string path) => Guard(path, () =>
        new FileStream(path, new FileStreamOptions { Options = FileOptions.SequentialScan, BufferSize = 1 << 16 }));

    /// <exception cref="InputException">Reading failed.</exception>
    public static T Guard<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputException($"there is no such file: {path}; check the path", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new InputException($"the file cannot be read ({e.Message.ReplaceLineEndings(" ")}): {path}; check the path and its permissions", e);
        }
    }
}
