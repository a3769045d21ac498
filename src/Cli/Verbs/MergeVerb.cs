using System.CommandLine;
using System.Text.Json.Nodes;
using BareBert.Cli.Display;
using BareBert.Kernels;

namespace BareBert.Cli.Verbs;

/// <summary>barebert merge: LoRA's products into the weights they stand beside.</summary>
internal static class MergeVerb
{
    public const string Help = """
        Merge LoRA adapters into their base model: what comes out is a plain model that does the same.

        Examples:
          barebert merge --model runs/finetune-1 --out merged/
        """;

    public static Command Create()
    {
        Option<string> model = CommonOptions.Model();
        var output = new Option<string>("--out") { Description = "The folder to write; it must not be there yet.", Required = true, HelpName = "DIR" };
        Option<bool> json = CommonOptions.Json();
        var license = new Option<string?>("--license") { Description = "The model's licence, for its card, as mit; unless given, that of the run.", HelpName = "NAME" };
        var language = new Option<string?>("--language") { Description = "The texts' language, for the model's card, as en; unless given, that of the run.", HelpName = "CODE" };
        var verb = new Command("merge", Help) { model, output, license, language, json };
        verb.SetAction(parsed => Run(parsed.GetValue(model)!, parsed.GetValue(output)!, parsed.GetValue(license), parsed.GetValue(language), parsed.GetValue(json)));
        return verb;
    }

    private static int Run(string path, string output, string? license, string? language, bool isJson)
    {
        ModelLocation location = ModelLocation.Find(path);
        ModelFolder folder = location.Folder;
        if (folder.Adapter is null)
            throw new InputException($"nothing to merge: {path} holds a whole model, no adapters; use it as it is");
        if (Path.Exists(output))
            throw new InputException($"there is something already: {output}; give another --out");
        using IKernels kernels = Devices.Open("cpu");
        using BertModel model = BertModel.LoadForInference(kernels, folder, BertTasks.Of(folder) ?? BertTasks.Encoder, Notes.Print);
        AtomicDirectory.Replace(output, directory =>
        {
            model.SaveMerged(directory);
            string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(output)));
            File.WriteAllText(Path.Combine(directory, CheckpointNames.ModelCard), ModelCards.OfMerged(location, model.Layout, name, license, language).ToMarkdown());
            CheckpointSeal.Write(directory);
        });
        if (isJson)
            JsonOutput.Print(new JsonObject { ["model"] = path, ["out"] = output, ["architecture"] = model.Layout.ArchitectureName, ["parameters"] = model.Layout.Total });
        else
            Console.WriteLine($"{output}: {model.Layout.ArchitectureName}, {model.Layout.Total:N0} parameters");
        return ExitCodes.Success;
    }
}
