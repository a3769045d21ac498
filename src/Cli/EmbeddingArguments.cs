using System.CommandLine;

namespace BareBert.Cli;

/// <summary>What the command line says of how vectors are made, where it is not left to the model.</summary>
internal sealed class EmbeddingArguments
{
    private readonly Option<Choice<Pooling>> _pooling = Choice<Pooling>.Option("--pooling", "cls: the first token's vector; mean: the mean over all tokens; unless given, the model's own way, or the mean.");
    private readonly Option<bool> _normalize = new("--normalize") { Description = "Make vectors of length 1, where the model does not do so itself." };
    private readonly Option<string?> _queryPrompt = new("--query-prompt") { Description = "Put this before a text that is searched by, instead of the model's own prompt for that.", HelpName = "TEXT" };
    private readonly Option<string?> _documentPrompt = new("--document-prompt") { Description = "Put this before a text that is searched, instead of the model's own prompt for that.", HelpName = "TEXT" };
    private readonly Option<string?> _prompt = new("--prompt") { Description = "Put this before every text.", HelpName = "TEXT" };
    private readonly Option<string?> _promptName = new("--prompt-name") { Description = "Put the model's prompt of this name before every text: query, document.", HelpName = "NAME" };

    public EmbeddingArguments() => _pooling.DefaultValueFactory = null;

    /// <summary>Pooling, normalisation, and prompts of a search.</summary>
    public IReadOnlyList<Option> OfSearch => [_pooling, _normalize, .. OfSearchAlone];

    /// <summary>The prompts of a search: where texts of one kind are compared none stands before them.</summary>
    public IReadOnlyList<Option> OfSearchAlone => [_queryPrompt, _documentPrompt];

    /// <summary>Adds pooling and normalisation to a verb.</summary>
    public void AddTo(Command verb)
    {
        verb.Options.Add(_pooling);
        verb.Options.Add(_normalize);
    }

    /// <summary>Adds prompts of texts of one kind to a verb.</summary>
    public void AddPromptsTo(Command verb)
    {
        verb.Options.Add(_prompt);
        verb.Options.Add(_promptName);
        verb.Validators.Add(result =>
        {
            if (result.GetValue(_prompt) is not null && result.GetValue(_promptName) is not null)
                result.AddError("--prompt and --prompt-name are two ways to say what stands before a text: leave one out");
        });
    }

    /// <summary>Whether anything is said of how vectors are made.</summary>
    public bool IsGiven(ParseResult parsed) => OfSearch.Any(option => CommonOptions.IsGiven(parsed.CommandResult, option));

    /// <summary>What is to be done otherwise than the model says.</summary>
    public Func<SentenceModules, SentenceModules> ChangeOf(ParseResult parsed) => modules => modules.WithPrompts(parsed.GetValue(_queryPrompt), parsed.GetValue(_documentPrompt)) with
    {
        Pooling = CommonOptions.IsGiven(parsed.CommandResult, _pooling) ? parsed.GetValue(_pooling).Value : modules.Pooling,
        Normalizes = modules.Normalizes || parsed.GetValue(_normalize),
    };

    /// <summary>What stands before every text; null: what the model says.</summary>
    /// <exception cref="InputException">The model has no prompt of that name.</exception>
    public string? PromptOf(ParseResult parsed, TextEmbedder embedder) =>
        parsed.GetValue(_promptName) is string name ? embedder.PromptOf(name) : parsed.GetValue(_prompt);
}
