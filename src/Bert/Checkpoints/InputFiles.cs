namespace BareBert.Bert.Checkpoints;

/// <summary>One line for a file that cannot be read.</summary>
internal static class InputFiles
{
    /// <summary>The operating system's refusal as an <see cref="InputException"/>.</summary>
    public static InputException CannotRead(string path, Exception why) => why switch
    {
        FileNotFoundException or DirectoryNotFoundException => new InputException($"no such file: {path}; check the path", why),
        UnauthorizedAccessException when Directory.Exists(path) =>
            new InputException($"a directory where a file is needed: {path}; name the file in it", why),
        UnauthorizedAccessException => new InputException($"no permission to read: {path}; change its permissions", why),
        _ => new InputException($"cannot read: {path}: {why.Message.ReplaceLineEndings(" ")}; check the disk", why),
    };

    /// <summary>Bytes that tell a Git LFS pointer from a file.</summary>
    public const int PointerLength = 64;

    /// <summary>Refuses what a clone without Git LFS leaves in a large file's place.</summary>
    /// <param name="start">The file's first <see cref="PointerLength"/> bytes, or all that it has.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="InputException">It is a pointer.</exception>
    public static void RefusePointer(ReadOnlySpan<byte> start, string path)
    {
        if (start.StartsWith("version https://git-lfs.github.com/spec/"u8))
            throw new InputException($"a Git LFS pointer, not the file itself: {path}; run `git lfs pull` in its folder, or download the file");
    }

    /// <summary>Opens a file to be read once from its start to its end.</summary>
    /// <exception cref="InputException">Missing or unreadable.</exception>
    public static FileStream Open(string path) => Guard(path, () => new FileStream(path, new FileStreamOptions { Options = FileOptions.SequentialScan }));

    /// <summary>The files of a folder whose names fit a pattern, in no order.</summary>
    /// <exception cref="InputException">Missing or unreadable.</exception>
    public static string[] List(string folder, string pattern) => Guard(folder, () => Directory.GetFiles(folder, pattern));

    /// <summary>Whether a name from an untrusted file names a file of the same folder on every system.</summary>
    public static bool IsPlainName(string name) =>
        name is not ("" or "." or "..") && name.AsSpan().IndexOfAny("/\\\0") < 0 && name == Path.GetFileName(name);

    /// <summary>Reads a text file of moderate size.</summary>
    /// <exception cref="InputException">Missing, unreadable, or longer than the limit.</exception>
    public static byte[] ReadAll(string path, long limit) => Guard(path, () =>
    {
        using FileStream file = File.OpenRead(path);
        if (file.Length > limit)
            throw new InputException($"too large for what it should be: {path} has {file.Length} bytes, the limit is {limit}");
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        RefusePointer(bytes, path);
        return bytes;
    });

    private static T Guard<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CannotRead(path, e);
        }
    }
}
