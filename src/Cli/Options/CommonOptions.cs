using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace BareBert.Cli;

/// <summary>Options that several verbs share.</summary>
internal static class CommonOptions
{
    public static readonly Option<bool> Verbose = new("--verbose") { Description = "Show the details of an error.", Recursive = true };

    public static Option<bool> Json() => new("--json") { Description = "Print the result as one JSON object on stdout, and nothing else there." };

    public static Option<bool> Quiet() => new("--quiet") { Description = "No progress." };

    /// <summary>The model that a verb uses.</summary>
    public static Option<string> Model() => new("--model")
    {
        Description = "A run directory (its best model), a checkpoint folder, BareBert's or Hugging Face's, or a model of the hub: hf:owner/name.",
        Required = true,
        HelpName = "DIR",
    };

    public static Option<string?> Config() => new("--config")
    {
        Description = "A YAML file of options, as in 'epochs: 3'; the command line wins.",
        HelpName = "FILE",
    };

    /// <summary>Whether an option stands on the command line: a validator of the verb sees zero, not the default, of one that does not.</summary>
    public static bool IsGiven(SymbolResult verb, Option option) => verb.GetResult(option) is { Implicit: false };

    /// <summary>Whether an option of that name does.</summary>
    public static bool IsGiven(SymbolResult verb, string option) => verb.GetResult(option) is OptionResult { Implicit: false };

    /// <summary>An option that must be 1 or more.</summary>
    public static Option<T> Positive<T>(string name, string description, T standard, string unit) where T : System.Numerics.INumber<T>
    {
        var option = new Option<T>(name) { Description = description, DefaultValueFactory = _ => standard, HelpName = "N" };
        RequirePositive<T>(option, unit);
        return option;
    }

    /// <summary>The most tokens that a model sees at once; null where the user leaves it open.</summary>
    public static Option<int?> MaxLength(string description)
    {
        var option = new Option<int?>("--max-length") { Description = description, HelpName = "N" };
        RequirePositive<int>(option, "tokens");
        return option;
    }

    private static void RequirePositive<T>(Option option, string unit) where T : System.Numerics.INumber<T> => option.Validators.Add(result =>
    {
        // What is no number at all is refused by the parser itself.
        if (result.Tokens is [var token] && T.TryParse(token.Value, CultureInfo.InvariantCulture, out T? value) && !(value > T.Zero))
            result.AddError($"{option.Name} {value} is not a number of {unit}: give 1 or more");
    });
}
