using Microsoft.Win32.SafeHandles;

namespace BareBert.Bert.Distributed;

/// <summary>
/// A file that several processes write at the same time, each at its own places. Process 0 makes it, under a name with a word in it that nobody can
/// know beforehand: who finds it sees the same folder, and means no other run's file. Who finds none, or may not write it, leaves its part to process 0.
/// </summary>
internal sealed class SharedFile : IDisposable
{
    // Windows renames what others have open only where they allow that.
    private const FileShare Everything = FileShare.ReadWrite | FileShare.Delete;

    private readonly string _path, _partial;
    private readonly SafeFileHandle? _file;

    /// <summary>Makes the file.</summary>
    /// <param name="group">Its members all call this.</param>
    /// <param name="path">What it is to be called; its folder is there for process 0.</param>
    /// <param name="bytes">Its length.</param>
    /// <exception cref="RunException">Process 0 cannot make it.</exception>
    public SharedFile(IProcessGroup group, string path, long bytes)
    {
        SafeFileHandle? made = null;
        string word = group.First(() =>
        {
            string own = Guid.NewGuid().ToString("N");
            Disk.Write(path, () => made = Make($"{path}.{own}", bytes));
            return own;
        });
        (_path, _partial) = (path, $"{path}.{word}");
        _file = made ?? Find(_partial);
        var found = new bool[group.Size];
        group.Gather([_file is not null], found);
        Writers = [.. Enumerable.Range(0, found.Length).Where(rank => found[rank])];
    }

    /// <summary>The processes that can write it, in order.</summary>
    public int[] Writers { get; }

    /// <summary>Writes bytes at a place; in one of the <see cref="Writers"/>.</summary>
    public void Write(long place, ReadOnlySpan<byte> bytes) => RandomAccess.Write(_file!, bytes, place);

    /// <summary>Has on the disk what this process wrote; in one of the <see cref="Writers"/>.</summary>
    public void Flush() => RandomAccess.FlushToDisk(_file!);

    /// <summary>Gives the file its name; in process 0, when all have flushed what they wrote.</summary>
    public void Complete() => File.Move(_partial, _path);

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();

    // Of its full length at once: on a network's file system a host that believed the file to end within a page might write zeros behind its own bytes there.
    private static SafeFileHandle Make(string path, long bytes)
    {
        SafeFileHandle file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, Everything);
        try
        {
            RandomAccess.SetLength(file, bytes);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static SafeFileHandle? Find(string path)
    {
        try
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Write, Everything);
        }
        catch (Exception e) when (Disk.IsRefusal(e))
        {
            return null;
        }
    }
}
