using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace BareBert.Bert.Exchange.Hub;

/// <summary>How far a download or an upload is.</summary>
/// <param name="File">Which file.</param>
/// <param name="Done">Its bytes so far.</param>
/// <param name="Total">Of how many.</param>
public readonly record struct HubProgress(string File, long Done, long Total);

/// <summary>Fetches one file of a commit into the cache.</summary>
internal sealed class HubFile(HubConnection connection, HubCache cache, HubReference reference, string commit, string name, Action<HubProgress>? progress, CancellationToken cancel)
{
    private const int Tries = 6;

    private readonly string _what = $"{reference.Repository}: {name}";
    private readonly Uri _address = connection.At($"{(reference.Kind == HubReference.Models ? "" : reference.Kind + "/")}{reference.Repository}/resolve/{commit}/{string.Join('/', name.Split('/').Select(Uri.EscapeDataString))}");

    /// <summary>Fetches it, unless it is there.</summary>
    /// <exception cref="InputException">The hub refuses.</exception>
    /// <exception cref="RunException">It cannot be reached, sends something else than it says, or the disk is full.</exception>
    public void Fetch()
    {
        if (cache.Has(commit, name))
            return;
        (string hash, long size) = Describe();
        using (FileStream held = cache.Lock(hash, cancel))
        {
            string blob = cache.Blob(hash);
            if (!File.Exists(blob))
                Complete(blob, hash, size);
            cache.Link(commit, name, hash);
        }
        progress?.Invoke(new HubProgress(name, size, size));
    }

    /// <summary>The content's hash and length, before any of it is sent.</summary>
    private (string Hash, long Size) Describe()
    {
        using HttpResponseMessage answer = connection.Send(_what, () => Request(HttpMethod.Head), follows: false);
        string? Header(string header) => answer.Headers.TryGetValues(header, out IEnumerable<string>? values) ? values.First() : null;
        string hash = (Header("X-Linked-Etag") ?? answer.Headers.ETag?.Tag ?? "").Replace("W/", "").Trim('"');
        bool isHash = hash.Length is 40 or 64 && !hash.AsSpan().ContainsAnyExcept("0123456789abcdef");
        bool isSize = long.TryParse(Header("X-Linked-Size"), out long size) || (size = answer.Content.Headers.ContentLength ?? -1) >= 0;
        return isHash && isSize ? (hash, size)
            : throw new RunException($"the hub does not say what it holds: {_what}: etag {Printable.Quote(hash)}; is HF_ENDPOINT a hub?");
    }

    /// <summary>Makes the half file whole, beginning where it ends, and gives it its name.</summary>
    private void Complete(string blob, string hash, long size)
    {
        string half = blob + ".incomplete";
        for (int attempt = 0; ; attempt++)
        {
            bool isWhole = connection.Retry(_what, () => Append(half, size));
            if (isWhole && HashOf(half, hash.Length, size) == hash)
                break;
            // What was wrong cannot be told from what was right: all anew.
            Delete(half);
            if (attempt == Tries - 1)
                throw new RunException($"not what the hub says it is: {_what}: its hash was wrong {Tries} times; try again later");
            connection.Wait(attempt);
        }
        try
        {
            File.Move(half, blob, overwrite: true);
        }
        catch (Exception e) when (Disk.IsRefusal(e))
        {
            throw Disk.CannotWrite(blob, e);
        }
    }

    /// <returns>Whether the file has its length.</returns>
    private bool Append(string half, long size)
    {
        long have = Length(half);
        if (have > size)
        {
            Delete(half);
            have = 0;
        }
        if (have == size && size > 0)
            return true;
        using HttpResponseMessage answer = connection.Send(_what, () =>
        {
            HttpRequestMessage request = Request(HttpMethod.Get);
            request.Headers.Range = have > 0 ? new RangeHeaderValue(have, null) : null;
            return request;
        });
        // A storage that knows no ranges sends all.
        bool goesOn = answer.StatusCode == HttpStatusCode.PartialContent && answer.Content.Headers.ContentRange?.From == have;
        if (!goesOn && answer.StatusCode != HttpStatusCode.OK)
        {
            Delete(half);
            return false;
        }
        using Stream body = answer.Content.ReadAsStream(cancel);
        Copy(body, half, goesOn ? have : 0, size);
        return Length(half) == size;
    }

    private void Copy(Stream body, string half, long from, long size)
    {
        var buffer = new byte[1 << 18];
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(half)!);
            using var file = new FileStream(half, FileMode.OpenOrCreate, FileAccess.Write);
            file.SetLength(from);
            file.Position = from;
            for (long done = from; ;)
            {
                int read = connection.Read(body, buffer);
                cancel.ThrowIfCancellationRequested();
                if (read == 0)
                    break;
                // More than was announced is not worth the disk's room.
                if ((done += read) > size)
                    break;
                file.Write(buffer, 0, read);
                progress?.Invoke(new HubProgress(name, done, size));
            }
            file.Flush(flushToDisk: true);
        }
        catch (Exception e) when (Disk.IsRefusal(e) && !HubConnection.IsBroken(e))
        {
            throw Disk.CannotWrite(half, e);
        }
    }

    private string HashOf(string file, int digits, long size)
    {
        // Large files have the SHA-256 of their bytes, others that of git's object.
        using var hash = IncrementalHash.CreateHash(digits == 64 ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA1);
        if (digits != 64)
            hash.AppendData(Encoding.ASCII.GetBytes($"blob {size}\0"));
        using FileStream stream = InputFiles.Open(file);
        var buffer = new byte[1 << 18];
        for (int read; (read = stream.Read(buffer)) > 0;)
            hash.AppendData(buffer, 0, read);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private HttpRequestMessage Request(HttpMethod method)
    {
        var request = new HttpRequestMessage(method, _address);
        request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
        return request;
    }

    private static long Length(string path) => File.Exists(path) ? new FileInfo(path).Length : 0;

    private static void Delete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (Disk.IsRefusal(e))
        {
            throw Disk.CannotWrite(path, e);
        }
    }
}
