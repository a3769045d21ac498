using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json.Nodes;
using BareBert.Cli.Display;
using BareBert.Cli.Tasks;

namespace BareBert.Cli.Verbs;

/// <summary>barebert predict: the classes of texts, or the answer to a question.</summary>
internal static class PredictVerb
{
    public const string Help = """
        Tell the classes of texts or of their words, or the answer to a question about a context, with a fine-tuned model.
        A model whose config.json says multi_label_classification gives every class a probability of its own, and is said to
        mean those over 0.5 (- for none); one with a single label gives a score, as cross-encoders do.

        Examples:
          barebert predict --model runs/finetune-1 "It was good." "Not a fan."
          barebert predict --model runs/finetune-1 --file reviews.txt --json
          barebert predict --model runs/squad --question "Who wrote it?" --context "It was written by Ada Lovelace." --n-best 5
          cut -f1,2 pairs.tsv | barebert predict --model runs/mnli --pairs
          barebert predict --model runs/finetune-1 --data reviews.csv.gz --out predicted.jsonl
          barebert predict --model runs/squad --data questions.jsonl --out answers.csv
        """;

    public static Command Create()
    {
        var text = new Argument<string[]>("text") { Description = "Texts; unless given, the lines of --file or of standard input.", Arity = ArgumentArity.ZeroOrMore };
        Option<string> model = CommonOptions.Model();
        var file = new Option<string?>("--file") { Description = "A file with a text on every line.", HelpName = "FILE" };
        var pairs = new Option<bool>("--pairs") { Description = "Every text is two, with a tab between." };
        Option<int?> maxLength = CommonOptions.MaxLength("The most tokens of a text, or of a window of the context; unless given, what the model was trained with.");
        Option<bool> json = CommonOptions.Json();
        var compute = new ComputeOptions();
        var data = new Option<string?>("--data") { Description = "A table (.csv, .tsv, .jsonl, .json, .parquet; packed by gzip too), each row of which is predicted; of questions: with columns question and context.", HelpName = "FILE" };
        var output = new Option<string?>("--out") { Description = "With --data: where its rows go, with columns for what is said of them: .csv, .tsv or .jsonl, with .gz behind to be packed.", HelpName = "FILE" };
        RecordOptions<TableOptions> columns = Columns();
        var verb = new Command("predict", Help) { text, model, file, pairs, data, output, maxLength, json };
        columns.AddTo(verb);
        IReadOnlyList<TaskCommands> tasks = TaskCommands.All();
        foreach (TaskCommands task in tasks)
            task.AddPredicting(verb);
        compute.AddTo(verb);
        verb.Validators.Add(result => CheckTable(result, data, output, [.. columns.All], file, pairs, text));
        verb.SetAction((parsed, cancel) =>
        {
            string path = parsed.GetValue(model)!;
            ModelLocation location = ModelLocation.Find(path);
            (string, string?)[] Read() => [.. Texts.From(parsed.GetValue(text)!, parsed.GetValue(file)).Select((line, i) => parsed.GetValue(pairs) ? Pair(line, i) : (line, (string?)null))];
            InferenceOptions options = compute.Read(parsed, parsed.GetValue(maxLength));
            if (parsed.GetValue(data) is string table)
            {
                PredictTable(tasks, parsed, new PredictInput(location, path, Read, options, parsed.GetValue(json)), new TableFiles(table, parsed.GetValue(output)!), columns.Read(parsed), cancel);
                return Task.FromResult(ExitCodes.Success);
            }
            TaskCommands chosen = Choose(tasks, parsed.CommandResult, location, path, options);
            if (parsed.GetValue(pairs) && chosen.Use.Reads != TaskCommands.Texts)
                throw new InputException($"--pairs is for texts: {path} {chosen.Use.Does}; leave it out");
            chosen.Predict(parsed, new PredictInput(location, path, Read, options, parsed.GetValue(json)), cancel);
            return Task.FromResult(ExitCodes.Success);
        });
        return verb;
    }

    private sealed record TableFiles(string Data, string Output);

    private static RecordOptions<TableOptions> Columns()
    {
        var columns = new RecordOptions<TableOptions>(new TableOptions());
        columns.Add(o => o.TextColumn, "With --data: the column of the text, or of the question; guessed by its name, and said, unless given.", "NAME");
        columns.Add(o => o.Text2Column, "With --data: the column of the second text of a pair, or of the context.", "NAME");
        columns.Add(o => o.NoHeader, "With --data: the first row of a CSV or TSV file is data: its columns are 1, 2, ….");
        columns.AddText(o => o.Separator, (name, text) => Separators.Parse(name, text), "With --data: what parts the cells of a CSV or TSV file; guessed, and said, unless given.", "CHAR|NAME");
        columns.AddChoice(o => o.Quote, "With --data: whether cells of a CSV or TSV file may stand in quotes: whatever fits its columns; yes; or no, quotes are text.");
        return columns;
    }

    private static void CheckTable(CommandResult result, Option<string?> data, Option<string?> output, Option[] columns, Option file, Option pairs, Argument<string[]> text)
    {
        if (result.GetValue(data) is null)
        {
            if (columns.Append(output).FirstOrDefault(o => CommonOptions.IsGiven(result, o)) is { } lost)
                result.AddError($"{lost.Name} is for --data: leave it out");
            return;
        }
        if (result.GetValue(output) is null)
            result.AddError("--data needs --out: where do its rows go? give a .csv, .tsv or .jsonl");
        if (result.GetValue(text) is { Length: > 0 } || new[] { file, pairs }.Any(o => CommonOptions.IsGiven(result, o)))
            result.AddError("texts are given twice, by --data and otherwise: leave one out");
    }

    private static void PredictTable(IReadOnlyList<TaskCommands> tasks, ParseResult parsed, PredictInput input, TableFiles files, TableOptions columns, CancellationToken cancel)
    {
        TaskDefinition? known = BertTasks.Of(input.Model.Folder);
        TaskCommands chosen = tasks.FirstOrDefault(task => task.Task == known) ?? throw NotTrained(input.Path, known);
        RefuseForeign(tasks, chosen, parsed.CommandResult, input.Path);
        if (tasks.FirstOrDefault(task => task.IsAsked(parsed.CommandResult)) is { } asked)
            throw new InputException($"{asked.Use.Reads} stand beside --data: leave one out");
        chosen.PredictRows(parsed, input, predictor =>
        {
            (long rows, long read) = TablePredictions.Run(files.Data, files.Output, predictor, columns, Notes.Print, cancel);
            if (input.IsJson)
                JsonOutput.Print(new JsonObject { ["model"] = input.Path, ["data"] = files.Data, ["out"] = files.Output, ["rows"] = rows, ["predicted"] = read });
            else
                Console.WriteLine($"{rows:N0} rows are in {files.Output}, {read:N0} of them predicted");
        });
    }

    // The model says what it is for; where its folder does not, what it is given may.
    private static TaskCommands Choose(IReadOnlyList<TaskCommands> tasks, CommandResult result, ModelLocation location, string path, InferenceOptions options)
    {
        TaskCommands? given = tasks.FirstOrDefault(task => task.IsAsked(result));
        TaskDefinition? known = BertTasks.Of(location.Folder);
        TaskCommands? chosen = tasks.FirstOrDefault(task => task.Task == known) ?? given;
        if (chosen is null)
        {
            options.OpenDevice().Dispose(); // one that is not there is said first, as by every verb
            throw NotTrained(path, known);
        }
        RefuseForeign(tasks, chosen, result, path);
        return chosen.IsAsked(result) == (given is not null) && (given is not null || chosen.Use.Reads == TaskCommands.Texts) ? chosen
            : throw new InputException($"{path} {chosen.Use.Does}: give {chosen.Use.Reads} instead of {given?.Use.Reads ?? TaskCommands.Texts}");
    }

    private static InputException NotTrained(string path, TaskDefinition? known) =>
        new($"not trained for this: {path} {(known is null ? "does not say what it is for" : $"is for {known.Name}")}; fine-tune it first");

    private static void RefuseForeign(IReadOnlyList<TaskCommands> tasks, TaskCommands chosen, CommandResult result, string path)
    {
        foreach (TaskCommands other in tasks.Where(task => task != chosen))
        {
            if (other.Predicting.FirstOrDefault(o => CommonOptions.IsGiven(result, o)) is { } foreign)
                throw new InputException($"{foreign.Name} is for a model that {other.Use.Does}: {path} {chosen.Use.Does}; leave it out");
        }
    }

    private static (string, string?) Pair(string text, int index) => text.Split('\t') is [var first, var second] ? (first, second)
        : throw new InputException($"not two texts with a tab between: text {index + 1}; leave --pairs out for single texts");
}
