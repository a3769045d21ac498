namespace BareBert.Bert.Exchange.Hub;

/// <summary>
/// A repository in the cache of Hugging Face's client library (<see cref="HubFolders"/>), shared with it: contents once in <c>blobs</c>, under their
/// hashes; each commit's files are links to them.
/// </summary>
internal sealed class HubCache(HubSettings settings, HubReference reference)
{
    private readonly string _root = HubFolders.Of(settings.Cache, reference.Kind, reference.Repository);

    /// <summary>The folder of a commit's files.</summary>
    public string Snapshot(string commit) => Path.Combine(_root, "snapshots", commit);

    /// <summary>The newest folder that was fetched for the reference; null where there is none.</summary>
    public string? Find() => HubFolders.Find(_root, reference.Revision);

    /// <summary>Notes which commit the reference is now.</summary>
    public void SetRef(string commit)
    {
        if (reference.Revision != commit)
            AtomicFile.WriteText(Path.Combine(_root, "refs", reference.Revision), commit);
    }

    /// <summary>The file with a content; it need not be there.</summary>
    /// <param name="hash">As the hub tells it.</param>
    public string Blob(string hash) => Path.Combine(_root, "blobs", hash);

    /// <summary>Whether a commit's file is there, its content too.</summary>
    public bool Has(string commit, string file) => File.Exists(Path.Combine(Snapshot(commit), file));

    /// <summary>Gives a content a name in a commit, unless it has it: at no time is a name gone that was there.</summary>
    /// <exception cref="RunException">It cannot be written.</exception>
    public void Link(string commit, string file, string hash)
    {
        if (Has(commit, file))
            return;
        string link = Path.Combine(Snapshot(commit), file), blob = Blob(hash);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(link)!);
            string beside = $"{link}.{Path.GetRandomFileName()}";
            try
            {
                File.CreateSymbolicLink(beside, Path.GetRelativePath(Path.GetDirectoryName(link)!, blob));
            }
            catch (IOException) when (OperatingSystem.IsWindows())
            {
                // Without the right to make links the library copies too.
                File.Copy(blob, beside);
            }
            try
            {
                File.Move(beside, link, overwrite: true);
            }
            catch
            {
                File.Delete(beside);
                throw;
            }
        }
        catch (Exception e) when (Disk.IsRefusal(e))
        {
            throw Disk.CannotWrite(link, e);
        }
    }

    /// <summary>Holds a content for this process alone, until disposed of; others wait.</summary>
    /// <exception cref="RunException">The cache cannot be written to.</exception>
    public FileStream Lock(string hash, CancellationToken cancel)
    {
        string path = Path.Combine(settings.Cache, ".locks", Path.GetFileName(_root), hash + ".lock");
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            while (true)
            {
                try
                {
                    return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                }
                catch (IOException e) when (IsHeld(e) && !cancel.WaitHandle.WaitOne(200))
                {
                    // Another process is fetching the same.
                }
            }
        }
        catch (Exception e) when (Disk.IsRefusal(e))
        {
            cancel.ThrowIfCancellationRequested();
            throw Disk.CannotWrite(path, e);
        }
    }

    // So .NET says that another has the file: Windows with a code of its own, other systems with that of a lock refused (EWOULDBLOCK).
    private static bool IsHeld(IOException e) => e.HResult is unchecked((int)0x80070020) or 11 or 35;
}
