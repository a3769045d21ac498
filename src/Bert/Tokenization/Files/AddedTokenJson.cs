using System.Text.Json;
using System.Text.Json.Nodes;

namespace BareBert.Bert.Tokenization;

/// <summary>Added tokens as Hugging Face's files hold them: a text, or an object with <c>content</c> and flags.</summary>
internal static class AddedTokenJson
{
    /// <summary>Reads an object.</summary>
    /// <param name="fields">The token.</param>
    /// <param name="id">Its id where the object does not say it.</param>
    /// <param name="special">Whether it is special where the object does not say.</param>
    /// <exception cref="InputException">No or an empty content, or a field of the wrong kind.</exception>
    public static AddedToken Read(JsonFields fields, int id, bool special = false)
    {
        string content = fields.Require("content", fields.Text("content"));
        if (content.Length == 0)
            throw fields.Wrong("content", "is empty");
        bool isSpecial = fields.Flag("special") ?? special;
        return new AddedToken(content, fields.Natural("id") ?? id, isSpecial, fields.Flag("normalized") ?? !isSpecial,
            fields.Flag("single_word") ?? false, fields.Flag("lstrip") ?? false, fields.Flag("rstrip") ?? false);
    }

    /// <summary>Reads a special token that is a text or an object; its id is not known yet: −1.</summary>
    /// <param name="name">The field, for messages.</param>
    /// <param name="value">The token.</param>
    /// <param name="source">The file.</param>
    /// <exception cref="InputException">Neither.</exception>
    public static AddedToken ReadSpecial(string name, JsonElement value, string source) => value.ValueKind switch
    {
        JsonValueKind.String when value.GetString() is { Length: > 0 } content => new AddedToken(content, -1, Special: true),
        JsonValueKind.Object => Read(new JsonFields(value, $"{source}: {name}"), -1, special: true) with { Id = -1, Special = true },
        _ => throw new JsonFields(value, source).Wrong(name, "is neither a text nor a token"),
    };

    /// <summary>Writes the flags, and with them the id or not.</summary>
    public static JsonObject Write(AddedToken token, bool withId)
    {
        var json = new JsonObject();
        if (withId)
            json["id"] = token.Id;
        json["content"] = token.Content;
        json["single_word"] = token.SingleWord;
        json["lstrip"] = token.StripLeft;
        json["rstrip"] = token.StripRight;
        json["normalized"] = token.Normalized;
        json["special"] = token.Special;
        return json;
    }
}
