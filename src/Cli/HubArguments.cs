using BareBert.Bert.Exchange.Hub;
using BareBert.Cli.Display;

namespace BareBert.Cli;

/// <summary>
/// Models and data of the hub on the command line: <c>--model hf:owner/name</c> and <c>--data hf:datasets/owner/name</c> are fetched and become the
/// folders that they lie in.
/// </summary>
internal static class HubArguments
{
    private const string Model = "--model";

    private static readonly string[] Options = [Model, "--data", "--train", "--validation", "--test"];

    /// <summary>Whether a command line names one.</summary>
    public static bool AreIn(string[] args) => args.Where((arg, i) => NameIn(args, i) is not null).Any();

    /// <summary>The arguments with folders for names, each fetched unless the cache has it.</summary>
    /// <exception cref="InputException">There is no such model or data set.</exception>
    public static string[] Fetch(string[] args, CancellationToken cancel) =>
        [.. args.Select((arg, i) => NameIn(args, i) is { } name ? arg[..^name.Length] + Fetch(name, isModel: arg.StartsWith(Model, StringComparison.Ordinal) || args[i - 1] == Model, cancel) : arg)];

    // Behind its option, by itself or after an equals sign.
    private static string? NameIn(string[] args, int i)
    {
        string[] joined = args[i].Split('=', 2);
        return joined.Length == 2 && Options.Contains(joined[0]) && HubReference.IsOne(joined[1]) ? joined[1]
            : i > 0 && Options.Contains(args[i - 1]) && HubReference.IsOne(args[i]) ? args[i] : null;
    }

    private static string Fetch(string name, bool isModel, CancellationToken cancel) => HubTransfer.Run(progress =>
    {
        HubReference reference = HubReference.Parse(name);
        void Notice(string line) => Console.Error.WriteLine($"note: {line}");
        if (!isModel && reference.Kind != HubReference.Datasets)
            throw new InputException($"a model, where data are needed: {name}; data of the hub are {HubReference.Scheme}{HubReference.Datasets}/owner/name");
        return !isModel ? HubDatasets.Fetch(reference, HubSettings.FromEnvironment(), progress, Notice, cancel)
            : HubModels.Fetch(reference, HubSettings.FromEnvironment(), progress, Notice, cancel);
    });
}
