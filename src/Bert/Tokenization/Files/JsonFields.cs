using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace BareBert.Bert.Tokenization;

/// <summary>An object of one of a tokenizer's JSON files; what is wrong in it is named with the file and the place.</summary>
/// <param name="element">The object.</param>
/// <param name="source">The file, and in it the path to the object.</param>
internal readonly struct JsonFields(JsonElement element, string source)
{
    // The encoder's escapes are for HTML; these files are read by people.
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Where the object is.</summary>
    public string Source => source;

    /// <summary>The object itself.</summary>
    public JsonElement Element => element;

    /// <summary>Parses a file whose root is an object.</summary>
    /// <param name="utf8">The file.</param>
    /// <param name="source">Its path.</param>
    /// <param name="read">Takes it apart.</param>
    /// <param name="howToMend">Ends the messages.</param>
    /// <exception cref="InputException">Not such a file, or <paramref name="read"/> finds something wrong.</exception>
    public static T Parse<T>(ReadOnlySpan<byte> utf8, string source, string howToMend, Func<JsonFields, T> read)
    {
        if (utf8.StartsWith("\uFEFF"u8))
            utf8 = utf8[3..];
        try
        {
            JsonElement root = JsonElement.Parse(utf8);
            return root.ValueKind == JsonValueKind.Object
                ? read(new JsonFields(root, source))
                : throw new InputException($"not a JSON object: {source}; {howToMend}");
        }
        catch (InvalidOperationException e) // a string in it is not UTF-8, or half a surrogate pair
        {
            throw new InputException($"not UTF-8 text: {source}; {howToMend}", e);
        }
        catch (JsonException e)
        {
            throw new InputException($"not JSON: {source}, line {(e.LineNumber ?? 0) + 1}; {howToMend}", e);
        }
    }

    /// <summary>A copy that can be changed and written; of equal keys the last is meant.</summary>
    public JsonObject ToObject()
    {
        var copy = new JsonObject();
        foreach (JsonProperty property in element.EnumerateObject())
            copy[property.Name] = JsonNode.Parse(property.Value.GetRawText());
        return copy;
    }

    /// <summary>Writes a file.</summary>
    /// <exception cref="RunException">It cannot be written.</exception>
    public static void Save(JsonNode json, string path) => TokenizerFiles.WriteAllBytes(path, Encoding.UTF8.GetBytes(json.ToJsonString(Indented) + "\n"));

    /// <summary>A value; null when it is missing or null.</summary>
    public JsonElement? Find(string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>A truth value; null when it is missing or null.</summary>
    public bool? Flag(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => throw Wrong(name, "is not true or false"),
    };

    /// <summary>A text; null when it is missing or null.</summary>
    public string? Text(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value => value.GetString(),
        _ => throw Wrong(name, "is not a text"),
    };

    /// <summary>A whole number from 0; null when it is missing or null.</summary>
    public int? Natural(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } value when value.TryGetInt32(out int number) && number >= 0 => number,
        _ => throw Wrong(name, "is not a whole number from 0"),
    };

    /// <summary>An object; null when it is missing or null.</summary>
    public JsonFields? Object(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Object } value => new JsonFields(value, $"{source}: {name}"),
        _ => throw Wrong(name, "is not an object"),
    };

    /// <summary>The elements of a list; none when it is missing or null.</summary>
    public IEnumerable<JsonElement> List(string name) => Find(name) switch
    {
        null => [],
        { ValueKind: JsonValueKind.Array } value => value.EnumerateArray(),
        _ => throw Wrong(name, "is not a list"),
    };

    /// <summary>The objects of a list; none when it is missing or null.</summary>
    public IEnumerable<JsonFields> Objects(string name)
    {
        string where = $"{source}: {name}";
        JsonFields self = this;
        return List(name).Select(item => item.ValueKind == JsonValueKind.Object ? new JsonFields(item, where) : throw self.Wrong(name, "holds something else than objects"));
    }

    /// <summary>The value must be there.</summary>
    public T Require<T>(string name, T? value) where T : class => value ?? throw Wrong(name, "is missing");

    /// <inheritdoc cref="Require{T}(string, T?)"/>
    public T Require<T>(string name, T? value) where T : struct => value ?? throw Wrong(name, "is missing");

    public InputException Wrong(string name, string how) => new($"{name} {how}: {source}; correct the field");
}
