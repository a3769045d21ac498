using System.Text.Json;

namespace BareBert.Bert.Tokenization;

/// <summary><c>special_tokens_map.json</c> and <c>added_tokens.json</c>: the special tokens' names, and tokens added beside the vocabulary.</summary>
internal static class SpecialTokensMap
{
    /// <summary>The file with the names.</summary>
    public const string FileName = "special_tokens_map.json";

    /// <summary>The file with the added tokens' ids.</summary>
    public const string AddedFileName = "added_tokens.json";

    private const string HowToMend = "restore the file or remove it";

    /// <summary>The fields of the five special tokens, in the order of <see cref="SpecialNames.All"/>.</summary>
    public static readonly IReadOnlyList<string> FieldNames = ["pad_token", "unk_token", "cls_token", "sep_token", "mask_token"];

    /// <summary>The names and the further special tokens of a folder's file; none where there is no file.</summary>
    /// <exception cref="InputException">Not JSON, or a field of the wrong kind.</exception>
    public static (IReadOnlyDictionary<string, AddedToken> Named, IReadOnlyList<AddedToken> Additional) Load(string directory)
    {
        string path = Path.Combine(directory, FileName);
        return File.Exists(path)
            ? JsonFields.Parse(TokenizerFiles.ReadAllBytes(path, "special tokens"), path, HowToMend, fields => (ReadNamed(fields), ReadAdditional(fields)))
            : (new Dictionary<string, AddedToken>(), []);
    }

    /// <summary>The contents and ids of a folder's <c>added_tokens.json</c>; none where there is no file.</summary>
    /// <exception cref="InputException">Not JSON, or not ids by content.</exception>
    public static IReadOnlyList<(string Content, int Id)> LoadAdded(string directory)
    {
        string path = Path.Combine(directory, AddedFileName);
        return !File.Exists(path) ? [] : JsonFields.Parse(TokenizerFiles.ReadAllBytes(path, "added tokens"), path, HowToMend, fields =>
            (IReadOnlyList<(string, int)>)[.. fields.Element.EnumerateObject().Select(entry => entry.Name.Length > 0
                ? (entry.Name, fields.Require(Printable.Quote(entry.Name), fields.Natural(entry.Name)))
                : throw fields.Wrong("a token", "is empty"))]);
    }

    /// <summary>The fields of the five special tokens that an object has.</summary>
    public static IReadOnlyDictionary<string, AddedToken> ReadNamed(JsonFields fields)
    {
        var named = new Dictionary<string, AddedToken>();
        foreach (string name in FieldNames)
        {
            if (fields.Find(name) is JsonElement value)
                named[name] = AddedTokenJson.ReadSpecial(name, value, fields.Source);
        }
        return named;
    }

    /// <summary>The further special tokens of an object, under either of the field's names; a list, or texts by name.</summary>
    public static IReadOnlyList<AddedToken> ReadAdditional(JsonFields fields)
    {
        var tokens = new List<AddedToken>();
        foreach (string name in (string[])["additional_special_tokens", "extra_special_tokens"])
        {
            IEnumerable<JsonElement> values = fields.Find(name) is { ValueKind: JsonValueKind.Object } byName
                ? byName.EnumerateObject().Select(entry => entry.Value)
                : fields.List(name);
            tokens.AddRange(values.Select(value => AddedTokenJson.ReadSpecial(name, value, fields.Source)));
        }
        return tokens;
    }
}
