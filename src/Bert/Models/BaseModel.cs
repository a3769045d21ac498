using System.Security.Cryptography;

namespace BareBert.Bert.Models;

/// <summary>The model that adapters were trained on: they mean nothing on any other.</summary>
/// <param name="Path">Its folder.</param>
/// <param name="Sha256">Hash of its weights' files, in the order of their names.</param>
public sealed record BaseModel(string Path, string Sha256)
{
    /// <summary>Describes the model in a folder.</summary>
    /// <param name="folder">Where it is.</param>
    /// <param name="hashes">Of files there that were just checked: a model of one such file need not be read for its hash again.</param>
    /// <exception cref="InputException">It has no weights.</exception>
    public static BaseModel Of(string folder, IReadOnlyDictionary<string, string> hashes)
    {
        string path = System.IO.Path.GetFullPath(folder);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        string[] files = [.. Directory.EnumerateFiles(path).Where(IsWeights).Order(StringComparer.Ordinal)];
        if (files.Length == 0)
            throw new InputException($"no weights: {folder}; name a folder with a model");
        if (files is [string single] && hashes.TryGetValue(System.IO.Path.GetFileName(single), out string? known))
            return new BaseModel(path, known);
        var buffer = new byte[1 << 20];
        foreach (string file in files)
        {
            using FileStream stream = File.OpenRead(file);
            for (int read; (read = stream.Read(buffer)) > 0;)
                hash.AppendData(buffer, 0, read);
        }
        return new BaseModel(path, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    private static bool IsWeights(string file)
    {
        string name = System.IO.Path.GetFileName(file);
        return (name.StartsWith("model", StringComparison.Ordinal) && name.EndsWith(".safetensors", StringComparison.Ordinal))
            || (name.StartsWith("pytorch_model", StringComparison.Ordinal) && name.EndsWith(".bin", StringComparison.Ordinal));
    }
}
