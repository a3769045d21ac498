using System.Security.Cryptography;
using System.Text;

namespace BareBert.Bert.Checkpoints;

/// <summary>
/// The hashes of a checkpoint's files, in a file that <c>sha256sum -c</c> reads too: a checkpoint that was cut short or changed
/// after it was written is noticed before it is trusted.
/// </summary>
/// <remarks>Against accidents, not against people: who changes a file can change its hash.</remarks>
public static class CheckpointSeal
{
    /// <summary>The file with the hashes.</summary>
    public const string FileName = "SHA256SUMS";

    private const long MaxLength = 1 << 20;
    private const int HashLength = 64;

    // Hashed in a few milliseconds.
    private const long SmallFile = 1 << 22;

    /// <summary>Hashes every file of a directory and of those in it, but for the model card, which is for people to edit.</summary>
    public static void Write(string directory)
    {
        var lines = new StringBuilder();
        IEnumerable<string> names = Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(directory, path).Replace('\\', '/'))
            .Where(name => name is not (FileName or CheckpointNames.ModelCard))
            .Order(StringComparer.Ordinal);
        foreach (string name in names)
            lines.Append(Hash(Path.Combine(directory, name))).Append("  ").Append(name).Append('\n');
        File.WriteAllText(Path.Combine(directory, FileName), lines.ToString());
    }

    /// <summary>Begins what <see cref="Verify"/> does: small files at once, large ones while the caller does something else.</summary>
    /// <param name="directory">The checkpoint.</param>
    /// <exception cref="InputException">A file is missing, a small one is changed, or the hashes are.</exception>
    internal static SealedFiles Begin(string directory)
    {
        Dictionary<string, string> hashes = HashesOf(directory, []);
        ILookup<bool, KeyValuePair<string, string>> files = hashes.ToLookup(file => new FileInfo(Path.Combine(directory, file.Key)) is { Exists: true, Length: > SmallFile });
        foreach ((string name, string hash) in files[false])
            Require(directory, name, hash);
        return new SealedFiles(hashes, Task.Run(() =>
        {
            foreach ((string name, string hash) in files[true])
                Require(directory, name, hash);
        }));
    }

    /// <summary>Compares every file that was hashed with its hash. A directory without hashes, as others publish them, passes.</summary>
    /// <param name="directory">The checkpoint.</param>
    /// <param name="required">Names that must be among those that were hashed; where there are any, so must the hashes.</param>
    /// <returns>The hashes by file name.</returns>
    /// <exception cref="InputException">A file is missing or changed, or the hashes are; the message names it.</exception>
    public static IReadOnlyDictionary<string, string> Verify(string directory, params ReadOnlySpan<string> required)
    {
        Dictionary<string, string> hashes = HashesOf(directory, required);
        foreach ((string name, string hash) in hashes)
            Require(directory, name, hash);
        return hashes;
    }

    private static Dictionary<string, string> HashesOf(string directory, ReadOnlySpan<string> required)
    {
        string sums = Path.Combine(directory, FileName);
        if (!File.Exists(sums))
            return required.IsEmpty ? [] : throw DamagedCheckpointException.Refusal(directory, $"an incomplete checkpoint: {sums} is missing; use another one");
        Dictionary<string, string> hashes = Parse(InputFiles.ReadAll(sums, MaxLength), directory, sums);
        foreach (string name in required)
        {
            if (!hashes.ContainsKey(name))
                throw DamagedCheckpointException.Refusal(directory, $"an incomplete checkpoint: {sums} does not list {name}; use another one");
        }
        return hashes;
    }

    private static void Require(string directory, string name, string hash)
    {
        string path = Path.Combine(directory, name);
        if (!File.Exists(path))
            throw DamagedCheckpointException.Refusal(directory, $"an incomplete checkpoint: {path} is missing; use another one");
        if (HashForReading(path) != hash)
            throw DamagedCheckpointException.Refusal(directory, $"a damaged checkpoint: {path} is not the file that was saved ({FileName}); use another one, "
                + $"or delete its line there if you changed it yourself");
    }

    private static Dictionary<string, string> Parse(byte[] bytes, string directory, string path)
    {
        var hashes = new Dictionary<string, string>();
        string[] lines = Encoding.UTF8.GetString(bytes).Split('\n');
        // Cut off within the last line, the file would silently vouch for less.
        if (lines[^1].Length > 0)
            throw Broken("its last line is cut short");
        foreach (string line in lines[..^1])
        {
            string name = line.Length > HashLength + 2 ? line[(HashLength + 2)..] : "";
            bool isHash = line.Length > HashLength && !line.AsSpan(0, HashLength).ContainsAnyExcept("0123456789abcdef");
            if (!isHash || line[HashLength] != ' ' || line[HashLength + 1] is not (' ' or '*')
                || !name.Split('/').All(InputFiles.IsPlainName) || !hashes.TryAdd(name, line[..HashLength]))
                throw Broken($"{Printable.Quote(line)} is not a hash and a file name");
        }
        return hashes;

        InputException Broken(string what) => DamagedCheckpointException.Refusal(directory, $"a damaged checkpoint: {path}: {what}; use another one");
    }

    private static string HashForReading(string path)
    {
        try
        {
            return Hash(path);
        }
        catch (Exception e) when (Disk.IsRefusal(e))
        {
            throw InputFiles.CannotRead(path, e);
        }
    }

    private static string Hash(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.SequentialScan);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }
}
