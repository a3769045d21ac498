using System.Text.Json;

namespace BareBert.Bert.Data;

/// <summary>A place in a JSON document that knows the way it was reached, so that an error can say where.</summary>
internal sealed record JsonCursor(JsonElement Element, string File, JsonCursor? Parent = null, string? Name = null, int Index = -1)
{
    /// <summary>The way from the root: <c>$.data[3].paragraphs[0]</c>.</summary>
    public string Path => Parent is null ? "$" : Name is null ? $"{Parent.Path}[{Index}]" : $"{Parent.Path}.{Name}";

    /// <summary>The member of that name, or null where there is none or it is null.</summary>
    /// <exception cref="InputException">This is not an object.</exception>
    public JsonCursor? Find(string name)
    {
        Require(JsonValueKind.Object, "an object");
        return Element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? new JsonCursor(value, File, this, name) : null;
    }

    /// <summary>The member of that name.</summary>
    /// <exception cref="InputException">There is none.</exception>
    public JsonCursor Member(string name) => Find(name) ?? throw Wrong($"\"{name}\" is missing");

    /// <summary>The elements of an array.</summary>
    /// <exception cref="InputException">This is not an array.</exception>
    public IEnumerable<JsonCursor> Items()
    {
        Require(JsonValueKind.Array, "a list");
        return Element.EnumerateArray().Select((item, i) => new JsonCursor(item, File, this, null, i));
    }

    /// <summary>The text of a string.</summary>
    /// <exception cref="InputException">This is not a string, or not Unicode.</exception>
    public string Text()
    {
        Require(JsonValueKind.String, "a string");
        return JsonFile.Guard(File, Path, () => Element.GetString()!);
    }

    /// <summary>Whether this is an object.</summary>
    public bool IsObject => Element.ValueKind == JsonValueKind.Object;

    /// <summary>The text of a string, or a number as it is written.</summary>
    /// <exception cref="InputException">This is neither.</exception>
    public string Word() => Element.ValueKind == JsonValueKind.Number ? Element.GetRawText() : Text();

    /// <summary>A whole number.</summary>
    /// <exception cref="InputException">This is not one of 32 bits.</exception>
    public int Whole() => Element.ValueKind == JsonValueKind.Number && Element.TryGetInt32(out int value) ? value : throw Wrong("this is not a whole number");

    /// <summary>A truth value, 0 or 1 among them.</summary>
    /// <exception cref="InputException">This is not one.</exception>
    public bool Truth() => Element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number when Element.GetRawText() is "0" or "1" => Element.GetRawText() == "1",
        JsonValueKind.String when Text() is "true" or "false" or "0" or "1" => Text() is "true" or "1",
        _ => throw Wrong("this is not true or false"),
    };

    /// <summary>An error about this place.</summary>
    public InputException Wrong(string what) => new($"{what}: {File}, {Path}; the file is not in SQuAD's format");

    private void Require(JsonValueKind kind, string what)
    {
        if (Element.ValueKind != kind)
            throw Wrong($"this is not {what}");
    }
}
