using System.CommandLine;
using BareBert.Bert.Exchange.Hub;
using BareBert.Cli.Display;

namespace BareBert.Cli.Verbs;

/// <summary>barebert push: a model to the hub.</summary>
internal static class PushVerb
{
    public const string Help = """
        Publish a model at the Hugging Face hub: configuration, weights, tokenizer and model card, as one commit. The repository
        is made where it is missing.

        Examples:
          barebert push runs/finetune-1 owner/name --private
          barebert push runs/finetune-1 owner/name@experiment --message "Two epochs more"
        """;

    public static Command Create()
    {
        var model = new Argument<string>("model") { Description = "A run (its best model) or a model's folder." };
        var name = new Argument<string>("name") { Description = "owner/name, or owner/name@branch." };
        var isPrivate = new Option<bool>("--private") { Description = "Make a new repository for its owner alone." };
        var message = new Option<string>("--message") { Description = "The commit's message.", DefaultValueFactory = _ => "Upload by barebert", HelpName = "TEXT" };
        Option<string?> token = PullVerb.Token();
        var verb = new Command("push", Help) { model, name, isPrivate, message, token };
        verb.SetAction((parsed, cancel) =>
        {
            HubReference target = HubReference.Parse(parsed.GetValue(name)!);
            ModelFolder folder = ModelFolder.Open(parsed.GetValue(model)!);
            HubSettings settings = HubSettings.FromEnvironment(parsed.GetValue(token));
            Console.WriteLine(HubTransfer.Run(progress => HubPublisher.Push(folder.Path, target, settings, parsed.GetValue(isPrivate), parsed.GetValue(message)!, progress, cancel)));
            return Task.FromResult(ExitCodes.Success);
        });
        return verb;
    }
}
