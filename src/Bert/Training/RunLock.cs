namespace BareBert.Bert.Training;

/// <summary>
/// Held by the process that trains in a run directory: a second one would mix its metrics and checkpoints with the first's. The lock is the
/// operating system's, on an open file, so it ends with the process, however that ends.
/// </summary>
public sealed class RunLock : IDisposable
{
    private const int Attempts = 5;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly FileStream _file;

    private RunLock(FileStream file) => _file = file;

    /// <summary>Takes the lock of a run directory.</summary>
    /// <param name="path">The directory, which exists.</param>
    /// <exception cref="InputException">Another process, or another trainer of this one, holds it.</exception>
    /// <exception cref="RunException">The directory cannot be written.</exception>
    public static RunLock Take(string path)
    {
        string file = FileIn(path);
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return new RunLock(new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose));
            }
            catch (IOException) when (attempt < Attempts && File.Exists(file))
            {
                Thread.Sleep(Pause); // somebody may only be looking: IsHeld
            }
            catch (IOException e) when (File.Exists(file))
            {
                throw new InputException($"another process is training in this run directory: {path}; wait for its end or stop it, or give another `Out`", e);
            }
            catch (Exception e) when (Disk.IsRefusal(e))
            {
                throw Disk.CannotWrite(path, e);
            }
        }
    }

    /// <summary>Whether a process trains in a directory; nothing is written there.</summary>
    public static bool IsHeld(string path)
    {
        try
        {
            new FileStream(FileIn(path), FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1).Dispose();
            return false;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>Throws where another process trains in a directory, which need not exist.</summary>
    /// <exception cref="InputException">One does.</exception>
    public static void RequireFree(string path)
    {
        if (File.Exists(FileIn(path)))
            Take(path).Dispose();
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static string FileIn(string path) => System.IO.Path.Combine(path, ".lock");
}
