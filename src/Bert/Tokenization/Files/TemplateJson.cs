using System.Text.Json;
using System.Text.Json.Nodes;

namespace BareBert.Bert.Tokenization;

/// <summary>The <c>post_processor</c> of a <c>tokenizer.json</c>: what is put around texts.</summary>
internal static class TemplateJson
{
    /// <exception cref="InputException">Wrong, or one that is not done here.</exception>
    public static SequenceTemplate Read(JsonFields json)
    {
        string type = json.Require("type", json.Text("type"));
        switch (type)
        {
            case "TemplateProcessing":
                return ReadTemplate(json);
            case "BertProcessing":
                return SequenceTemplate.Bert(IdOf(json, "cls"), IdOf(json, "sep"));
            case "RobertaProcessing":
                int cls = IdOf(json, "cls"), sep = IdOf(json, "sep");
                return new SequenceTemplate(
                    [new(-1, cls, 0), new(0, -1, 0), new(-1, sep, 0)],
                    [new(-1, cls, 0), new(0, -1, 0), new(-1, sep, 0), new(-1, sep, 0), new(1, -1, 0), new(-1, sep, 0)]);
            case "Sequence" when json.Objects("processors").ToArray() is [JsonFields only]:
                return Read(only);
            default:
                throw new InputException($"unsupported tokenizer: {json.Source}: the post-processor {Printable.Quote(type)}; use another model");
        }
    }

    /// <summary>A template as TemplateProcessing.</summary>
    /// <param name="template">What is written.</param>
    /// <param name="tokenOf">The special tokens by id.</param>
    public static JsonObject Write(SequenceTemplate template, Func<int, string> tokenOf)
    {
        var specials = new JsonObject();
        foreach (int id in template.Single.Concat(template.Pair).Where(part => part.Text < 0).Select(part => part.Id).Distinct())
            specials[tokenOf(id)] = new JsonObject { ["id"] = tokenOf(id), ["ids"] = new JsonArray(id), ["tokens"] = new JsonArray(tokenOf(id)) };
        return new JsonObject
        {
            ["type"] = "TemplateProcessing",
            ["single"] = Parts(template.Single),
            ["pair"] = Parts(template.Pair),
            ["special_tokens"] = specials,
        };

        JsonArray Parts(IReadOnlyList<TemplatePart> parts) => [.. parts.Select(part => (JsonNode)new JsonObject
        {
            [part.Text < 0 ? "SpecialToken" : "Sequence"] =
                new JsonObject { ["id"] = part.Text switch { < 0 => tokenOf(part.Id), 0 => "A", _ => "B" }, ["type_id"] = part.Type },
        })];
    }

    private static SequenceTemplate ReadTemplate(JsonFields json)
    {
        JsonFields specials = json.Object("special_tokens") ?? new JsonFields(JsonElement.Parse("{}"), json.Source);
        try
        {
            return new SequenceTemplate([.. json.Objects("single").SelectMany(Places)], [.. json.Objects("pair").SelectMany(Places)]);
        }
        catch (ArgumentException e)
        {
            throw new InputException($"unsupported tokenizer: {json.Source}: {e.Message}, and this one's are not so; use another model", e);
        }

        IEnumerable<TemplatePart> Places(JsonFields part)
        {
            if (part.Object("Sequence") is JsonFields text)
            {
                string id = text.Require("id", text.Text("id"));
                return [new TemplatePart(id == "A" ? 0 : id == "B" ? 1 : throw text.Wrong("id", "is neither A nor B"), -1, text.Natural("type_id") ?? 0)];
            }
            JsonFields special = part.Require("SpecialToken", part.Object("SpecialToken"));
            string name = special.Require("id", special.Text("id"));
            JsonFields token = specials.Require(Printable.Quote(name), specials.Object(name));
            int type = special.Natural("type_id") ?? 0;
            return [.. token.List("ids").Select(id => id.ValueKind == JsonValueKind.Number && id.TryGetInt32(out int number) && number is >= 0 and <= ModelJson.LargestId
                ? new TemplatePart(-1, number, type)
                : throw token.Wrong("ids", "holds something else than ids"))];
        }
    }

    // ["[CLS]", 101]
    private static int IdOf(JsonFields json, string name) =>
        json.List(name).ToArray() is [_, { ValueKind: JsonValueKind.Number } id] && id.TryGetInt32(out int number) && number is >= 0 and <= ModelJson.LargestId
            ? number
            : throw json.Wrong(name, "is not a token with its id");
}
