using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace BareBert.Bert.Training;

/// <summary>Records of options as JSON: names in small letters with dashes, choices in small letters, times as "1h30m".</summary>
public static class OptionsJson
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.KebabCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false), new TextConverter<TimeSpan>(Durations.Parse, Durations.Write),
            new TextConverter<SaveInterval>(SaveInterval.Parse, interval => interval.ToString()) },
    };

    /// <summary>The names of a record's properties.</summary>
    /// <remarks>As the serializer has them, without asking it: it would make ready to read and write every property of every verb's records.</remarks>
    public static IReadOnlyDictionary<string, string> NamesOf(Type record) => record.GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Where(property => property.CanRead && property.GetCustomAttribute<JsonIgnoreAttribute>() is null)
        .ToDictionary(property => property.Name, property => property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name ?? JsonNamingPolicy.KebabCaseLower.ConvertName(property.Name));

    /// <summary>A value as it stands in a file.</summary>
    public static JsonNode? Write(object? value) => value is null ? null : JsonSerializer.SerializeToNode(value, value.GetType(), Json);

    /// <summary>A record; what is null is left out.</summary>
    public static JsonObject WriteRecord(object record)
    {
        var json = (JsonObject)Write(record)!;
        foreach (string name in json.Where(pair => pair.Value is null).Select(pair => pair.Key).ToArray())
            json.Remove(name);
        return json;
    }

    /// <summary>Reads a record.</summary>
    /// <param name="type">The record's.</param>
    /// <param name="json">Names and values; what is not there has its default.</param>
    /// <param name="where">Where they are from.</param>
    /// <exception cref="InputException">A name is unknown, or a value is of another kind.</exception>
    public static object Read(Type type, JsonObject json, string where)
    {
        try
        {
            return json.Deserialize(type, Json)!;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NotSupportedException)
        {
            throw new InputException($"wrong options: {where}: {e.Message.ReplaceLineEndings(" ")}; mend them, or leave them out", e);
        }
    }

    /// <summary>Reads a record.</summary>
    public static T Read<T>(JsonObject json, string where) => (T)Read(typeof(T), json, where);

    /// <summary>A value that people write as text.</summary>
    internal class TextConverter<T>(Func<string, string, T> parse, Func<T, string> write) : JsonConverter<T>
    {
        public override T Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
            parse("", reader.TokenType == JsonTokenType.String ? reader.GetString()! : JsonNode.Parse(ref reader)!.ToJsonString());

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(write(value));
    }

    /// <summary>Amounts of memory: "4GiB".</summary>
    internal sealed class BytesConverter() : TextConverter<long>(ByteSizes.Parse, bytes => bytes.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>Lists that were once written in one text: "query,value".</summary>
    internal sealed class ListConverter : JsonConverter<IReadOnlyList<string>>
    {
        public override IReadOnlyList<string> Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) => JsonNode.Parse(ref reader) switch
        {
            JsonArray list => [.. list.Select(item => item!.GetValue<string>())],
            JsonValue value => value.GetValue<string>().Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
            _ => throw new JsonException("a list of words is expected"),
        };

        public override void Write(Utf8JsonWriter writer, IReadOnlyList<string> value, JsonSerializerOptions options) => writer.WriteStringValue(string.Join(',', value));
    }
}
