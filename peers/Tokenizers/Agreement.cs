using System.Text.Json.Nodes;
using Xunit;

namespace BareBert.TokenizersPeer;

/// <summary>Counts texts on which both sides give the same ids, and shows the first ones on which they do not.</summary>
internal static class Agreement
{
    private const int Shows = 5;

    /// <summary>Opens the same file on both sides and compares all texts.</summary>
    /// <returns>The texts on which they differ.</returns>
    public static List<string> Compare(string name, JsonObject document, IEnumerable<string> texts)
    {
        using var rust = new RustTokenizer(document);
        SubwordTokenizer ours = Open(document);
        return Compare(name, rust, ours, texts);
    }

    /// <inheritdoc cref="Compare(string, JsonObject, IEnumerable{string})"/>
    public static List<string> Compare(string name, RustTokenizer rust, SubwordTokenizer ours, IEnumerable<string> texts)
    {
        int count = 0;
        long tokens = 0;
        var differing = new List<string>();
        foreach (string text in texts)
        {
            int[] theirs = rust.Encode(text), mine = new SequenceEncoder(ours, ours.Truncation ?? new SequenceOptions(Truncation: Truncation.None)).Encode(text).Ids.ToArray();
            (count, tokens) = (count + 1, tokens + theirs.Length);
            if (theirs.AsSpan().SequenceEqual(mine))
                continue;
            differing.Add(text);
            if (differing.Count <= Shows)
                TestContext.Current.TestOutputHelper?.WriteLine($"{JsonValue.Create(text)!.ToJsonString()}\n  rust {Shown(theirs, ours)}\n  ours {Shown(mine, ours)}");
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {count - differing.Count:N0} of {count:N0} texts alike, {tokens:N0} tokens");
        return differing;
    }

    /// <summary>Our reading of a file.</summary>
    public static SubwordTokenizer Open(JsonObject document)
    {
        string folder = Directory.CreateTempSubdirectory("barebert-oracle").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "tokenizer.json"), document.ToJsonString());
            return TokenizerFactory.Load(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Shown(int[] ids, SubwordTokenizer tokenizer) => string.Join(' ', ids.Select(id => id < tokenizer.VocabularySize ? tokenizer.TokenOf(id) : $"#{id}"));
}
