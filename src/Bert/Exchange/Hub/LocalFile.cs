using System.Security.Cryptography;

namespace BareBert.Bert.Exchange.Hub;

/// <summary>A file to publish.</summary>
internal sealed record LocalFile(string Path, long Size, string Sha256)
{
    public string Name => System.IO.Path.GetFileName(Path);

    public static LocalFile Of(string path)
    {
        using FileStream stream = InputFiles.Open(path);
        return new LocalFile(path, stream.Length, Convert.ToHexStringLower(SHA256.HashData(stream)));
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
