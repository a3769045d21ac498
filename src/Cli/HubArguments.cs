using BareBert.Bert.Exchange.Hub;
using BareBert.Cli.Display;

namespace BareBert.Cli;

/// <summary>Models of the hub on the command line: <c>--model hf:owner/name</c> is fetched and becomes the folder that it lies in.</summary>
internal static class HubArguments
{
    private const string Model = "--model";

    /// <summary>Whether a command line names one.</summary>
    public static bool AreIn(string[] args) => args.Where((arg, i) => IsModel(args, i) || IsJoined(arg)).Any();

    /// <summary>The arguments with folders for names, each fetched unless the cache has it.</summary>
    /// <exception cref="InputException">There is no such model.</exception>
    public static string[] Fetch(string[] args, CancellationToken cancel) =>
        [.. args.Select((arg, i) => IsModel(args, i) ? Fetch(arg, cancel) : IsJoined(arg) ? $"{Model}={Fetch(arg[(Model.Length + 1)..], cancel)}" : arg)];

    private static bool IsModel(string[] args, int i) => i > 0 && args[i - 1] == Model && HubReference.IsOne(args[i]);

    private static bool IsJoined(string arg) => arg.StartsWith($"{Model}={HubReference.Scheme}", StringComparison.Ordinal);

    private static string Fetch(string name, CancellationToken cancel) => HubTransfer.Run(progress =>
        HubModels.Fetch(HubReference.Parse(name), HubSettings.FromEnvironment(), progress, notice => Console.Error.WriteLine($"note: {notice}"), cancel));
}
