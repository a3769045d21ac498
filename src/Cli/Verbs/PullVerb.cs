using System.CommandLine;
using BareBert.Bert.Exchange.Hub;
using BareBert.Cli.Display;

namespace BareBert.Cli.Verbs;

/// <summary>barebert pull: a model of the hub.</summary>
internal static class PullVerb
{
    public const string Help = """
        Fetch a model from the Hugging Face hub: configuration, weights (safetensors where there are any), the tokenizer's files.
        Half files are gone on with, hashes are checked. Other verbs take hub models too: --model hf:owner/name.

        Examples:
          barebert pull bert-base-uncased --to bert/
          barebert pull prajjwal1/bert-tiny@main
          barebert predict --model hf:owner/name "It was good."
        """;

    public static Command Create()
    {
        var name = new Argument<string>("name") { Description = "owner/name, or owner/name@revision." };
        var to = new Option<string?>("--to") { Description = "A folder to copy it to; it must not be there yet. Unless given, it stays in the cache, and its folder there is printed.", HelpName = "DIR" };
        Option<string?> token = Token();
        var verb = new Command("pull", Help) { name, to, token };
        verb.SetAction((parsed, cancel) => Task.FromResult(Run(parsed.GetValue(name)!, parsed.GetValue(to), parsed.GetValue(token), cancel)));
        return verb;
    }

    /// <summary>Who asks the hub.</summary>
    public static Option<string?> Token() => new("--token")
    {
        Description = "Your token at the hub; unless given, HF_TOKEN, or what huggingface-cli login has left.",
        HelpName = "TOKEN",
    };

    private static int Run(string name, string? to, string? token, CancellationToken cancel)
    {
        HubReference reference = HubReference.Parse(name);
        if (to is not null && Path.Exists(to))
            throw new InputException($"there is something already: {to}; give another --to");
        HubSettings settings = HubSettings.FromEnvironment(token);
        string folder = HubTransfer.Run(progress => HubModels.Fetch(reference, settings, progress, notice => Console.Error.WriteLine($"note: {notice}"), cancel));
        if (to is not null)
            HubModels.Copy(folder, to);
        Console.WriteLine(to ?? folder);
        return ExitCodes.Success;
    }
}
