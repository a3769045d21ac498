namespace BareBert.Bert.Models;

/// <summary>
/// How a model's token vectors become a text's, as sentence-transformers writes it beside the weights: modules.json, the folders that it
/// names, sentence_bert_config.json and config_sentence_transformers.json.
/// </summary>
/// <remarks>Reimers and Gurevych 2019, arXiv:1908.10084.</remarks>
public sealed record SentenceModules
{
    /// <summary>How tokens become one vector.</summary>
    public Pooling Pooling { get; init; }

    /// <summary>Whether vectors are made of length 1.</summary>
    public bool Normalizes { get; init; }

    /// <summary>The most tokens of a text; null: the tokenizer's limit, or the model's positions.</summary>
    public int? MaxLength { get; init; }

    /// <summary>Whether texts are lowercased before the tokenizer sees them.</summary>
    public bool Lowercases { get; init; }

    /// <summary>What is put before texts of a kind, by its name: "query", "document".</summary>
    public IReadOnlyDictionary<string, string> Prompts { get; init; } = new Dictionary<string, string>();

    /// <summary>The name of the one that is put before texts of no particular kind; null: none is.</summary>
    public string? DefaultPrompt { get; init; }

    /// <summary>Whether the mean is over a prompt's tokens too.</summary>
    public bool PoolsPrompt { get; init; } = true;

    /// <summary>What two vectors are compared by: "cosine" or "dot"; others cannot be computed here.</summary>
    public string Similarity { get; init; } = "cosine";

    /// <summary>What is put before a text of no particular kind.</summary>
    public string UsualPrompt => DefaultPrompt is null ? "" : Prompts[DefaultPrompt];

    /// <summary>What is put before a text that something is searched by.</summary>
    public string QueryPrompt => PromptOf("query");

    /// <summary>What is put before a text that is searched.</summary>
    public string DocumentPrompt => PromptOf("document", "passage", "corpus");

    /// <summary>With other prompts for queries and documents; null: as they were.</summary>
    public SentenceModules WithPrompts(string? query, string? document)
    {
        var prompts = new Dictionary<string, string>(Prompts);
        if (query is not null)
            prompts["query"] = query;
        if (document is not null)
            prompts["document"] = document;
        return this with { Prompts = prompts };
    }

    /// <summary>Whether a folder says so.</summary>
    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, SentenceModuleFiles.Modules));

    /// <summary>Reads a folder.</summary>
    /// <exception cref="InputException">A file is missing or wrong, or asks for what is not computed here: the message names it.</exception>
    public static SentenceModules Open(string folder) => SentenceModuleFiles.Read(folder);

    /// <summary>Writes the files into a model's folder.</summary>
    /// <param name="folder">Usually the one that <see cref="AtomicDirectory.Replace"/> gives.</param>
    /// <param name="width">C, numbers of a vector.</param>
    public void Save(string folder, int width) => SentenceModuleFiles.Write(folder, this, width);

    // The names are those that sentence-transformers looks for.
    private string PromptOf(params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            if (Prompts.TryGetValue(name, out string? prompt))
                return prompt;
        }
        return UsualPrompt;
    }
}
