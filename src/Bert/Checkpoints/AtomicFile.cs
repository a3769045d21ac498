namespace BareBert.Bert.Checkpoints;

/// <summary>Replaces a file as a whole: a crash leaves the old content or the new.</summary>
public static class AtomicFile
{
    /// <summary>Writes beside the file, flushes, renames over it.</summary>
    /// <param name="path">The file to create or replace; its directory is created when missing.</param>
    /// <param name="write">Writes the content.</param>
    /// <exception cref="RunException">A full disk, no permission: the old content is untouched.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        string partial = path + ".partial";
        try
        {
            Disk.Write(path, () =>
            {
                string directory = Path.GetDirectoryName(Path.GetFullPath(path))!;
                Directory.CreateDirectory(directory);
                using (var stream = new FileStream(partial, FileMode.Create, FileAccess.Write))
                {
                    write(stream);
                    stream.Flush(flushToDisk: true);
                }
                File.Move(partial, path, overwrite: true);
                Disk.FlushDirectory(directory);
            });
        }
        catch
        {
            TryDelete(partial);
            throw;
        }
    }

    /// <summary>Writes text as UTF-8 without a byte order mark.</summary>
    /// <inheritdoc cref="Write(string, Action{Stream})"/>
    public static void WriteText(string path, string text) =>
        Write(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (Disk.IsRefusal(e))
        {
            // The first failure is the one to report.
        }
    }
}
