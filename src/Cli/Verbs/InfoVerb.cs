using System.CommandLine;
using System.Text.Json.Nodes;
using BareBert.Cli.Display;
using Spectre.Console;

namespace BareBert.Cli.Verbs;

/// <summary>barebert info: what a model is made of, tensor by tensor.</summary>
internal static class InfoVerb
{
    public const string Help = """
        Show a model's parameters, tensor by tensor under their Hugging Face names.

        Examples:
          barebert info --model base
          barebert info --model base --task classification --labels 5
          barebert info --model runs/pretrain-1 --json
        """;

    public static Command Create()
    {
        var model = new Option<string>("--model") { Description = $"A size ({string.Join(", ", NamedConfigs.Names)}), a config.json, a run or a checkpoint folder.", Required = true, HelpName = "NAME|FILE|DIR" };
        var task = new Option<string?>("--task") { Description = $"What stands on top: {string.Join(", ", BertTasks.Names)}. Unless given, what the checkpoint says, or the encoder.", HelpName = "TASK" };
        var labels = new Option<int?>("--labels") { Description = "Classes of a classifier.", HelpName = "N" };
        var method = new Option<bool>("--frozen") { Description = "Count the encoder as frozen: only the head is trained." };
        Option<bool> json = CommonOptions.Json();
        var verb = new Command("info", Help) { model, task, labels, method, json };
        verb.SetAction(parsed => Run(parsed.GetValue(model)!, parsed.GetValue(task), parsed.GetValue(labels), parsed.GetValue(method), parsed.GetValue(json)));
        return verb;
    }

    private static int Run(string name, string? taskName, int? labels, bool isFrozen, bool isJson)
    {
        if (Path.GetExtension(name) is ".safetensors" or ".bin")
            throw new InputException($"a file of weights alone does not say what it is: {name}; give the folder that holds it and config.json");
        ModelFolder? folder = NamedConfigs.TryGet(name, out BertConfig named) || File.Exists(name) ? null : ModelFolder.Open(name);
        BertConfig config = folder?.Config ?? (File.Exists(name) ? BertConfigJson.Load(name) : named);
        if (folder is { Adapter: null } && !TensorSources.IsIn(folder.Path))
            Notes.Print($"{folder.Path} holds no weights (model.safetensors or pytorch_model.bin, or an .index.json of parts): this is what its config.json describes");
        TaskDefinition? own = folder is null ? BertTasks.OfArchitecture(config.Architecture) : BertTasks.Of(folder);
        TaskDefinition task = taskName is not null ? BertTasks.Parse(taskName) : own ?? BertTasks.Encoder;
        if (labels < 1)
            throw new InputException($"too few classes: --labels {labels}; give 1 or more");
        if (labels is not null && !task.HasClasses)
            throw new InputException($"--labels {labels} is for tasks with classes, which {task.Name} is not: leave it out, or give another --task");
        ParameterLayout layout = ParameterLayout.For(config, task, labels ?? 0);
        Adaptation? adaptation = folder?.Adapter?.ReadAdaptation(layout);
        ParameterTable table = ParameterTable.Of(layout, isFrozen ? parameter => !parameter.IsEncoder : null, adaptation);
        long encoder = ParameterTable.Of(layout).Groups.Where(group => group.Name != "head").Sum(group => group.Count);
        if (isJson)
            JsonOutput.Print(Json(config, layout, table, encoder));
        else
            Print(config, layout, table, encoder);
        return ExitCodes.Success;
    }

    private static void Print(BertConfig config, ParameterLayout layout, ParameterTable parameters, long encoder)
    {
        Console.WriteLine($"{layout.ArchitectureName}: {config.Layers} layers, hidden size {config.HiddenSize}, {config.Heads} heads, "
            + $"vocabulary {config.VocabSize:N0}, {config.MaxPositions} positions");
        var table = new Table().Border(TableBorder.Simple);
        table.AddColumn("tensor");
        table.AddColumn("shape");
        table.AddColumn(new TableColumn("parameters").RightAligned());
        table.AddColumn("trained");
        foreach (ParameterRow row in parameters.Rows)
            table.AddRow(Markup.Escape(row.Name), Markup.Escape($"[{string.Join(", ", row.Shape)}]"), $"{row.Count:N0}", row.Trainable ? "yes" : "no");
        Plain.Console().Write(table);
        foreach (ParameterGroup group in parameters.Groups)
            Console.WriteLine($"{group.Name,-16}{group.Count,14:N0}");
        Console.WriteLine($"{"total",-16}{parameters.Total,14:N0}");
        Console.WriteLine($"{"trained",-16}{parameters.Trainable,14:N0}");
        Console.WriteLine($"{"without head",-16}{encoder,14:N0}");
    }

    private static JsonObject Json(BertConfig config, ParameterLayout layout, ParameterTable table, long encoder) => new()
    {
        ["architecture"] = layout.ArchitectureName,
        ["task"] = layout.Task.Name,
        ["config"] = JsonNode.Parse(BertConfigJson.Write(config)),
        ["parameters"] = table.Total,
        ["trainable"] = table.Trainable,
        ["without_head"] = encoder,
        ["groups"] = new JsonObject(table.Groups.Select(g => KeyValuePair.Create(g.Name, (JsonNode?)g.Count))),
        ["tensors"] = new JsonArray([.. table.Rows.Select(row => (JsonNode)new JsonObject
        {
            ["name"] = row.Name, ["shape"] = JsonOutput.Array(row.Shape), ["parameters"] = row.Count, ["trainable"] = row.Trainable,
        })]),
    };
}
