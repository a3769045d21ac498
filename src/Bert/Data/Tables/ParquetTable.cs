using System.Collections;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Parquet;
using Parquet.Schema;
using Parquet.Serialization;

namespace BareBert.Bert.Data;

/// <summary>Reads Parquet files, a group of rows at a time.</summary>
internal static class ParquetTable
{
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Values become cells as they would be written in JSON Lines, lists and structures as JSON.</summary>
    /// <exception cref="InputException">The file is damaged or no Parquet file; reading rows may find that too.</exception>
    public static Table Open(string path)
    {
        (Field[] fields, int groups) = Guard(path, () =>
        {
            using ParquetInput file = ParquetInput.Open(path);
            file.RequireFooter();
            ParquetReader reader = ParquetReader.CreateAsync(file).GetAwaiter().GetResult();
            return (reader.Schema.Fields.ToArray(), reader.RowGroupCount);
        });
        return new Table(path, [.. fields.Select(field => field.Name)], Rows(path, fields, groups), []);
    }

    private static IEnumerable<TableRow> Rows(string path, Field[] columns, int groups)
    {
        int line = 0;
        for (int group = 0; group < groups; group++)
        {
            foreach (Dictionary<string, object> values in ReadGroup(path, group))
                yield return RowOf(values, ++line, columns);
        }
    }

    private static IEnumerable<Dictionary<string, object>> ReadGroup(string path, int group) => Guard(path, () =>
    {
        using ParquetInput file = ParquetInput.Open(path);
        return ParquetSerializer.DeserializeUntypedAsync(file, null, group).GetAwaiter().GetResult().Data;
    });

    private static TableRow RowOf(Dictionary<string, object> values, int line, Field[] columns)
    {
        var cells = new string?[columns.Length];
        HashSet<int>? json = null;
        for (int column = 0; column < columns.Length; column++)
        {
            // The library gives nothing for an empty list.
            object? value = values.GetValueOrDefault(columns[column].Name) ?? (columns[column] is ListField ? Array.Empty<object>() : null);
            cells[column] = TextOf(value);
            if (IsJson(value))
                (json ??= []).Add(column);
        }
        return new TableRow(line, cells, json);
    }

    // Whether it stands in JSON without quotes.
    private static bool IsJson(object? value) => value is ICollection and not byte[] or bool || IsNumber(value);

    private static bool IsNumber(object? value) => value is sbyte or byte or short or ushort or int or uint or long or ulong or decimal
        || value is float or double && double.IsFinite(Convert.ToDouble(value, CultureInfo.InvariantCulture));

    private static string? TextOf(object? value) => value switch
    {
        null => null,
        string text => text,
        bool truth => truth ? "true" : "false",
        byte[] bytes => Encoding.UTF8.GetString(bytes),
        DateTime time => time.ToString("O", CultureInfo.InvariantCulture),
        ICollection collection => NodeOf(collection)!.ToJsonString(Json),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };

    private static JsonNode? NodeOf(object? value) => value switch
    {
        IDictionary map => new JsonObject(map.Keys.Cast<object>().Select(key => KeyValuePair.Create(TextOf(key) ?? "", NodeOf(map[key])))),
        ICollection list and not byte[] => new JsonArray([.. list.Cast<object?>().Select(NodeOf)]),
        bool truth => truth,
        null => null,
        _ when IsNumber(value) => JsonNode.Parse(TextOf(value)!),
        _ => TextOf(value),
    };

    // The library throws whatever a damaged file makes it stumble over.
    private static T Guard<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is not InputException)
        {
            string why = e is NullReferenceException or IndexOutOfRangeException or ArgumentException or InvalidCastException or OverflowException ? "it is damaged" : e.Message.ReplaceLineEndings(" ").TrimEnd('.');
            throw new InputException($"not a Parquet file that can be read: {path}: {why}; write it anew, or as .csv or .jsonl", e);
        }
    }
}
