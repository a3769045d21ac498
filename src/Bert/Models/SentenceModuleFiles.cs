using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace BareBert.Bert.Models;

/// <summary>Reads and writes the files of <see cref="SentenceModules"/>.</summary>
/// <remarks>https://sbert.net, "Creating custom models". Newer releases name the pooling by a word where older ones have a flag for each kind.</remarks>
internal static class SentenceModuleFiles
{
    /// <summary>The file that lists what a text passes.</summary>
    public const string Modules = "modules.json";

    private const string Settings = "config_sentence_transformers.json", PoolingFolder = "1_Pooling", NormalizeFolder = "2_Normalize", Flag = "pooling_mode_";
    private const string Mend = "it must be as sentence-transformers writes it";

    // The encoder's own settings; the first releases had a name for each family.
    private static readonly string[] EncoderSettings = ["sentence_bert_config.json", "sentence_distilbert_config.json", "sentence_albert_config.json"];

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The folder with the encoder, where another one lists it; null where it lists none.</summary>
    /// <exception cref="InputException">The list is wrong.</exception>
    public static string? EncoderIn(string folder) =>
        File.Exists(Path.Combine(folder, Modules)) ? Path.Combine(folder, ModulesOf(folder)[0].Path) : null;

    public static SentenceModules Read(string folder)
    {
        (string Kind, string Path)[] modules = ModulesOf(folder);
        SentenceModules read = ReadEncoder(Path.Combine(folder, modules[0].Path), ReadSettings(folder, new SentenceModules()));
        bool isPooled = false;
        foreach ((string kind, string path) in modules.Skip(1))
        {
            switch (kind)
            {
                case "Pooling" when !isPooled:
                    (read, isPooled) = (ReadPooling(Path.Combine(folder, path, CheckpointNames.Config), read), true);
                    break;
                case "Normalize" when isPooled:
                    read = read with { Normalizes = true };
                    break;
                case "Dropout": // nothing is dropped from a finished model
                    break;
                default:
                    throw new InputException($"not supported: {Path.Combine(folder, Modules)}: a module {Printable.Quote(kind)}; an encoder, its pooling and a normalisation are");
            }
        }
        return isPooled ? read : throw new InputException($"no pooling: {Path.Combine(folder, Modules)} lists none; {Mend}");
    }

    public static void Write(string folder, SentenceModules modules, int width)
    {
        const string type = "sentence_transformers.models.";
        (string Kind, string Path)[] list = [("Transformer", ""), ("Pooling", PoolingFolder), .. modules.Normalizes ? [("Normalize", NormalizeFolder)] : Array.Empty<(string, string)>()];
        Save(Path.Combine(folder, Modules), new JsonArray([.. list.Select((module, i) => (JsonNode)new JsonObject
        {
            ["idx"] = i, ["name"] = $"{i}", ["path"] = module.Path, ["type"] = type + module.Kind,
        })]));
        foreach ((_, string path) in list)
            Directory.CreateDirectory(Path.Combine(folder, path));
        Save(Path.Combine(folder, EncoderSettings[0]), new JsonObject { ["max_seq_length"] = modules.MaxLength, ["do_lower_case"] = modules.Lowercases });
        Save(Path.Combine(folder, PoolingFolder, CheckpointNames.Config), new JsonObject
        {
            ["word_embedding_dimension"] = width,
            [Flag + "cls_token"] = modules.Pooling == Pooling.Cls,
            [Flag + "mean_tokens"] = modules.Pooling == Pooling.Mean,
            [Flag + "max_tokens"] = false,
            [Flag + "mean_sqrt_len_tokens"] = false,
            [Flag + "weightedmean_tokens"] = false,
            [Flag + "lasttoken"] = false,
            ["include_prompt"] = modules.PoolsPrompt,
        });
        Save(Path.Combine(folder, Settings), new JsonObject
        {
            ["prompts"] = new JsonObject(modules.Prompts.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value))),
            ["default_prompt_name"] = modules.DefaultPrompt,
            ["similarity_fn_name"] = modules.Similarity,
        });
    }

    private static void Save(string path, JsonNode json) => File.WriteAllText(path, json.ToJsonString(Indented) + "\n");

    private static (string Kind, string Path)[] ModulesOf(string folder)
    {
        string file = Path.Combine(folder, Modules);
        using JsonDocument json = JsonFile.Parse(file);
        if (json.RootElement is not { ValueKind: JsonValueKind.Array } list || list.GetArrayLength() == 0)
            throw new InputException($"not a list of modules: {file}; {Mend}");
        (string Kind, string Path)[] modules = JsonFile.Guard(file, "its modules", () => list.EnumerateArray().Select(module => ModuleOf(module, file)).ToArray());
        return modules[0].Kind == "Transformer" ? modules
            : throw new InputException($"not supported: {file}: {Printable.Quote(modules[0].Kind)} reads the text; an encoder is (Transformer)");
    }

    // The class is known by its own name: its package is another one in each release.
    private static (string Kind, string Path) ModuleOf(JsonElement element, string file)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw new InputException($"a module is no object: {file}; {Mend}");
        var module = new JsonFields(element, file);
        string path = module.Text("path") ?? "", type = module.Require("type", module.Text("type"));
        if (path.Length > 0 && !InputFiles.IsPlainName(path))
            throw module.Wrong("path", $"{Printable.Quote(path)} is no folder beside the file");
        return (type[(type.LastIndexOf('.') + 1)..], path);
    }

    private static SentenceModules ReadEncoder(string folder, SentenceModules known)
    {
        if (EncoderSettings.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists) is not { } file)
            return known;
        return Parse(file, json => known with { MaxLength = json.Natural("max_seq_length"), Lowercases = json.Flag("do_lower_case") ?? false });
    }

    private static SentenceModules ReadPooling(string file, SentenceModules known) => Parse(file, json =>
    {
        string[] modes = json.Text("pooling_mode") is string named ? [named]
            : [.. json.Element.EnumerateObject().Where(p => p.Name.StartsWith(Flag, StringComparison.Ordinal) && json.Flag(p.Name) == true).Select(p => p.Name[Flag.Length..])];
        Pooling pooling = modes switch
        {
            ["mean" or "mean_tokens"] => Pooling.Mean,
            ["cls" or "cls_token"] => Pooling.Cls,
            _ => throw new InputException($"not supported: {file}: pooling by {Printable.Quote(modes.Length == 0 ? "nothing" : string.Join(" and ", modes))}; by the mean of the tokens or by the first one is"),
        };
        return known with { Pooling = pooling, PoolsPrompt = json.Flag("include_prompt") ?? true };
    });

    private static SentenceModules ReadSettings(string folder, SentenceModules known)
    {
        string file = Path.Combine(folder, Settings);
        if (!File.Exists(file))
            return known;
        return Parse(file, json =>
        {
            JsonElement prompts = json.Object("prompts")?.Element ?? default;
            var own = new Dictionary<string, string>();
            foreach (JsonProperty prompt in prompts.ValueKind == JsonValueKind.Object ? prompts.EnumerateObject() : [])
                own[prompt.Name] = json.Object("prompts")!.Value.Text(prompt.Name) ?? "";
            string? standard = json.Text("default_prompt_name");
            if (standard is not null && !own.ContainsKey(standard))
                throw json.Wrong("default_prompt_name", $"{Printable.Quote(standard)} is none of its prompts");
            return known with { Prompts = own, DefaultPrompt = standard, Similarity = json.Text("similarity_fn_name") ?? known.Similarity };
        });
    }

    private static SentenceModules Parse(string file, Func<JsonFields, SentenceModules> read) => JsonFields.Parse(TextFile.ReadBytes(file), file, Mend, read);
}
