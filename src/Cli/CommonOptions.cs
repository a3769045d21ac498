using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using BareBert.Kernels;

namespace BareBert.Cli;

/// <summary>Options that several verbs share.</summary>
internal static class CommonOptions
{
    /// <summary>What may differ when a run goes on: its limits, how it is watched and shown, where it computes.</summary>
    public static readonly string[] ChangeableOnResume =
    [
        "--resume", "--epochs", "--steps", "--time-budget", "--eval-every", "--save-every", "--threads", "--device", "--precision", "--profile", "--json", "--quiet", "--verbose",
    ];

    public static readonly Option<bool> Verbose = new("--verbose") { Description = "Show the details of an error.", Recursive = true };

    public static Option<bool> Json() => new("--json") { Description = "Print the result as one JSON object on stdout, and nothing else there." };

    public static Option<bool> Quiet() => new("--quiet") { Description = "No progress." };

    public static Option<string> Device() => new("--device")
    {
        Description = "Where to compute: auto (a GPU if there is one, else the CPU), cpu, cuda, cuda:N, emulated (the GPU's code, interpreted: slow) or reference.",
        DefaultValueFactory = _ => "auto",
        HelpName = "auto|cpu|cuda:N|emulated|reference",
    };

    public static Option<int> Threads() => new("--threads")
    {
        Description = "Threads of the CPU kernels; 0: one per core. Results do not depend on it.",
        DefaultValueFactory = _ => 0,
        HelpName = "N",
    };

    public static Option<Choice<Precision>> Precision() =>
        Choice<Precision>.Option("--precision", "What a GPU rounds the operands of matrix multiplies to; sums, weights and all else are fp32.");

    public static Option<string?> Config() => new("--config")
    {
        Description = "A YAML file of options, as in 'epochs: 3'; the command line wins.",
        HelpName = "FILE",
    };

    /// <summary>Whether an option stands on the command line: a validator of the verb sees zero, not the default, of one that does not.</summary>
    public static bool IsGiven(SymbolResult verb, Option option) => verb.GetResult(option) is { Implicit: false };

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
