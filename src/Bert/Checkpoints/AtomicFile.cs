namespace BareBert.Bert.Checkpoints;

/// <summary>
/// Replaces a file as a whole: a crash leaves the old content or the new. A link is followed; what is no file, a device or a pipe, is written to.
/// </summary>
public static class AtomicFile
{
    /// <summary>Writes beside the file, flushes, renames over it.</summary>
    /// <param name="path">The file to create or replace; its directory is created when missing.</param>
    /// <param name="write">Writes the content.</param>
    /// <exception cref="RunException">A full disk, no permission: the old content is untouched.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        Disk.Write(path, () =>
        {
            if (Disk.IsDevice(path))
                WriteThrough(path, write);
            else
                Replace(UserPaths.Real(path), write);
        });
    }

    private static void Replace(string path, Action<Stream> write)
    {
        string partial = path + ".partial", directory = Path.GetDirectoryName(Path.GetFullPath(path))!;
        try
        {
            Directory.CreateDirectory(directory);
            using (var stream = new FileStream(partial, FileMode.Create, FileAccess.Write))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(partial, path, overwrite: true);
            Disk.FlushDirectory(directory);
        }
        catch
        {
            TryDelete(partial);
            throw;
        }
    }

    // There is no old content, and a writer may want to go back in its file: it writes to one that nobody sees.
    private static void WriteThrough(string path, Action<Stream> write)
    {
        using var content = new FileStream(Path.GetTempFileName(), FileMode.Open, FileAccess.ReadWrite, FileShare.None, bufferSize: 1 << 16, FileOptions.DeleteOnClose);
        write(content);
        content.Position = 0;
        using var device = new FileStream(path, FileMode.Open, FileAccess.Write);
        content.CopyTo(device);
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
