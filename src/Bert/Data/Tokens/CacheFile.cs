namespace BareBert.Bert.Data;

/// <summary>How a file of a cache is written: whole or not at all, by whichever of several processes ends last, as all make the same of it.</summary>
internal static class CacheFile
{
    /// <summary>A name beside a file that nobody else has.</summary>
    public static string Beside(string path) => $"{path}.{Guid.NewGuid():N}.tmp";

    /// <summary>Writes beside the file, flushes, renames over it; its directory is created when missing.</summary>
    /// <exception cref="IOException">A full disk, for one; what was there is untouched.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string beside = Beside(path);
        try
        {
            using (var stream = new FileStream(beside, FileMode.CreateNew, FileAccess.ReadWrite))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(beside, path, overwrite: true);
        }
        finally
        {
            File.Delete(beside);
        }
    }
}
