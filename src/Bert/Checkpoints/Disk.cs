using System.Runtime.InteropServices;

namespace BareBert.Bert.Checkpoints;

/// <summary>What atomic writing asks of the file system beyond the class library.</summary>
internal static partial class Disk
{
    private const int NoSpaceUnix = 28;
    private const int QuotaUnix = 122;
    private const int NoSpaceWindows = unchecked((int)0x80070070);

    /// <summary>Flushes a file's content to the disk.</summary>
    public static void FlushFile(string path)
    {
        using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        RandomAccess.FlushToDisk(handle);
    }

    /// <summary>
    /// Flushes a directory's entries, so that a rename survives a power cut. Windows and network file systems
    /// have no such call or refuse it; there the rename itself must do.
    /// </summary>
    public static void FlushDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
            return;
        int descriptor = Open(path, 0);
        if (descriptor < 0)
            return;
        FSync(descriptor);
        Close(descriptor);
    }

    /// <summary>Flushes everything below a directory, and it.</summary>
    public static void FlushTree(string path)
    {
        foreach (string file in Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories))
            FlushFile(file);
        foreach (string directory in Directory.EnumerateDirectories(path, "*", SearchOption.AllDirectories))
            FlushDirectory(directory);
        FlushDirectory(path);
    }

    /// <summary>Does what writes; a refusal of the file system becomes one line that names the path.</summary>
    /// <exception cref="RunException">A full disk, no permission.</exception>
    public static void Write(string path, Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (IsRefusal(e))
        {
            throw CannotWrite(path, e);
        }
    }

    /// <summary>A failed write as one line that names the path.</summary>
    public static RunException CannotWrite(string path, Exception why)
    {
        string reason = why switch
        {
            UnauthorizedAccessException => "no permission; change its permissions or write elsewhere",
            IOException { HResult: NoSpaceUnix or QuotaUnix or NoSpaceWindows } => "the disk is full; free some space",
            _ => why.Message.ReplaceLineEndings(" ") + "; check the disk",
        };
        return new RunException($"cannot write: {path}: {reason}", why);
    }

    /// <summary>Whether an exception is the file system's refusal rather than a mistake in the program.</summary>
    public static bool IsRefusal(Exception e) => e is IOException or UnauthorizedAccessException;

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int FSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
