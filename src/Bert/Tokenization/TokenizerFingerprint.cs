using System.Security.Cryptography;
using System.Text;

namespace BareBert.Bert.Tokenization;

/// <summary>What tells two tokenizers apart that would give other ids for a text: kind, vocabulary, settings.</summary>
internal static class TokenizerFingerprint
{
    // Settings show in what they do: case, accents, Chinese characters, special tokens in text.
    private const string SettingsProbe = "A a É é Ä The the THE naïve 中文 [MASK] [UNK] e\u0301 İ ß don't 3.14";

    /// <summary>As text, for comparing.</summary>
    public static string Of(SubwordTokenizer tokenizer)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, tokenizer);
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    /// <summary>As part of a larger one.</summary>
    public static void Append(IncrementalHash hash, SubwordTokenizer tokenizer)
    {
        hash.AppendData(Encoding.UTF8.GetBytes($"{tokenizer.GetType().Name}\n"));
        for (int id = 0; id < tokenizer.VocabularySize; id++)
            hash.AppendData(Encoding.UTF8.GetBytes(tokenizer.TokenOf(id) + '\n'));
        foreach (int id in tokenizer.Tokenize(SettingsProbe).Ids)
            hash.AppendData(BitConverter.GetBytes(id));
    }
}
