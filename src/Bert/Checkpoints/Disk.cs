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

    /// <summary>Whether a path, or what a link there leads to, is a device, a pipe or a socket; false where the system cannot say.</summary>
    public static unsafe bool IsDevice(string path)
    {
        const int CurrentDirectory = -100, ModeAt = 28, KindOfFile = 0xF000, RegularFile = 0x8000, AFolder = 0x4000;
        const uint Kind = 1;
        if (!OperatingSystem.IsLinux())
            return false;
        byte* status = stackalloc byte[256];
        return Stat(CurrentDirectory, path, 0, Kind, status) == 0 && (*(ushort*)(status + ModeAt) & KindOfFile) is not (RegularFile or AFolder);
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
            ArgumentOutOfRangeException => "the file is larger than the file system, or a limit as ulimit's, allows; write elsewhere",
            _ => why.Message.ReplaceLineEndings(" ").TrimEnd('.') + "; check the path and the disk",
        };
        return new RunException($"cannot write: {path}: {reason}", why);
    }

    /// <summary>Whether an exception is the file system's refusal rather than a mistake in the program.</summary>
    public static bool IsRefusal(Exception e) => e is IOException or UnauthorizedAccessException || IsTooLarge(e);

    // So .NET says that a file is over what the file system or the user's limit allows (EFBIG).
    private static bool IsTooLarge(Exception e) => e is ArgumentOutOfRangeException { ParamName: "value" } && e.StackTrace?.Contains("System.IO", StringComparison.Ordinal) == true;

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    // The same layout on every processor, unlike stat's.
    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int Stat(int directory, string path, int flags, uint mask, byte* status);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int FSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
