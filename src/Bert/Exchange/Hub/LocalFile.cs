using System.Security.Cryptography;

namespace BareBert.Bert.Exchange.Hub;

/// <summary>A file to publish.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Name">Its path in the repository, as "1_Pooling/config.json".</param>
/// <param name="Size">In bytes.</param>
/// <param name="Sha256">Of its bytes.</param>
internal sealed record LocalFile(string Path, string Name, long Size, string Sha256)
{
    /// <summary>Describes a file of a folder.</summary>
    public static LocalFile Of(string folder, string path)
    {
        using FileStream stream = InputFiles.Open(path);
        return new LocalFile(path, System.IO.Path.GetRelativePath(folder, path).Replace('\\', '/'), stream.Length, Convert.ToHexStringLower(SHA256.HashData(stream)));
    }

    /// <summary>Its first bytes, by which the hub tells text.</summary>
    public byte[] Sample()
    {
        using FileStream stream = InputFiles.Open(Path);
        var bytes = new byte[Math.Min(512, stream.Length)];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
