using System.Security.Cryptography;
using System.Text;

namespace BareBert.Bert.Tokenization;

/// <summary>What tells two tokenizers apart that would give other ids for a text: kind, vocabulary, settings, all that their files say.</summary>
internal static class TokenizerFingerprint
{
    /// <summary>As text, for comparing.</summary>
    public static string Of(SubwordTokenizer tokenizer)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, tokenizer);
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    /// <summary>As part of a larger one.</summary>
    /// <exception cref="RunException">There is no room for the files, which are written for a moment.</exception>
    public static void Append(IncrementalHash hash, SubwordTokenizer tokenizer)
    {
        hash.AppendData(Encoding.UTF8.GetBytes($"{tokenizer.GetType().Name}\n"));
        string folder = Directory.CreateTempSubdirectory("barebert-").FullName;
        try
        {
            tokenizer.Save(folder);
            foreach (string file in Directory.GetFiles(folder).Order(StringComparer.Ordinal))
            {
                hash.AppendData(Encoding.UTF8.GetBytes($"{Path.GetFileName(file)}\n"));
                hash.AppendData(File.ReadAllBytes(file));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
