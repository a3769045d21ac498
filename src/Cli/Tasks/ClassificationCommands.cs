using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using BareBert.Cli.Display;

namespace BareBert.Cli.Tasks;

/// <summary>Classes of texts.</summary>
internal sealed class ClassificationCommands : TaskCommands
{
    private readonly RecordOptions<ClassificationOptions> _training = new(new ClassificationOptions()), _columns = new(new ClassificationOptions());

    private readonly Option<double> _threshold = new("--threshold")
    {
        Description = "Of labels that each hold or not: those of a higher probability hold.", HelpName = "P", DefaultValueFactory = _ => 0.5,
    };

    public ClassificationCommands()
    {
        _threshold.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && double.TryParse(token.Value, CultureInfo.InvariantCulture, out double value) && !(value is >= 0 and <= 1))
                result.AddError($"--threshold {token.Value} is no probability: give 0 to 1");
        });
        AddColumns(_training);
        AddColumns(_columns);
        _training.Add(o => o.SstSentences, "Of SST's trees, train on whole sentences rather than on every phrase.");
        _training.Add(o => o.Fraction, "Train on this share of the rows, drawn by class.", "X");
        _training.AddChoice(o => o.ClassWeights, "balanced: rare classes weigh more in the loss.");
        _training.Add(o => o.LabelSmoothing, "Share of the target spread over all classes.", "X");
        _training.AddChoice(o => o.Head, "linear as Hugging Face's, or mlp: a layer of 512 with ReLU before it.");
        _training.AddChoice(o => o.Pooling, "What is read of the encoder: for classes the first token's output (cls, through the pooler) unless the mean over all tokens is asked for, which suits a frozen encoder; for embedding the model's own way, or the mean.");
        _training.AddChoice(o => o.TruncationSide, TruncationSideHelp);
        _training.Add(o => o.Baseline, "Also train a bag-of-words logistic regression on the same texts, and print its scores beside the model's.");
        _training.AddList(o => o.Examples, "Texts to predict before and after training.", "TEXT…");
    }

    public override FineTuningDefinition Task => BertTasks.Classification;

    public override (string, string) Use => ("tells the classes of texts", Texts);

    public override EvaluationKind Kind { get; } = new("a classifier", "--max-length");

    public override IRecordOptions Training => _training;

    public override void AddPredicting(Command verb) => verb.Options.Add(_threshold);

    public override IEnumerable<Option> Predicting => [_threshold];

    public override void Predict(ParseResult parsed, PredictInput input, CancellationToken cancel)
    {
        (string, string?)[] texts = input.Texts();
        using TextClassifier classifier = Open(parsed, input.Model, input.Options);
        IReadOnlyList<TextPrediction> predictions = classifier.Predict(texts, cancel);
        if (input.IsJson)
        {
            JsonOutput.Print(new JsonObject
            {
                ["model"] = input.Path,
                ["predictions"] = new JsonArray([.. predictions.Select(p => (JsonNode)ClassificationResult.JsonOf(p, classifier.LabelNames))]),
            });
            return;
        }
        foreach (TextPrediction prediction in predictions)
        {
            string all = string.Join("  ", classifier.LabelNames.Select((name, c) => $"{name} {prediction.Probabilities[c]:F4}"));
            Console.WriteLine($"{(prediction.Labels.Count == 0 ? "-" : string.Join(',', prediction.Labels))}\t{prediction.Score:F4}\t{all}\t{prediction.Text}{(prediction.Text2 is null ? "" : "\t" + prediction.Text2)}");
        }
    }

    public override void PredictRows(ParseResult parsed, PredictInput input, Action<RowPredictor> run)
    {
        using TextClassifier classifier = Open(parsed, input.Model, input.Options);
        run(RowPredictor.Of(classifier));
    }

    public override void AddEvaluating(Command verb, EvaluationUses uses)
    {
        verb.Options.Add(_threshold);
        _columns.AddTo(verb);
        uses.Add([_threshold, .. _columns.All], Kind);
    }

    public override void Evaluate(ParseResult parsed, EvaluateInput input, CancellationToken cancel)
    {
        JsonObject given = _columns.Given(parsed);
        if ((input.Data is [] && given["data"]?.ToString() is { } glue ? [glue] : input.Data) is not [string data])
            throw new InputException("a classifier is evaluated on one file or folder of labelled texts: give it with --data");
        using TextClassifier classifier = Open(parsed, input.Model, input.Options);
        IReadOnlyList<TextOutcome> results = classifier.Evaluate(data, _columns.Read(parsed), Notes.Print, cancel);
        if (input.IsJson)
        {
            JsonOutput.Print(new JsonObject
            {
                ["model"] = input.Path,
                ["data"] = data,
                ["splits"] = new JsonObject(results.Select(r => KeyValuePair.Create(r.Split, (JsonNode?)ClassificationResult.JsonOf(r, classifier.LabelNames)))),
            });
            return;
        }
        foreach (TextOutcome result in results)
        {
            EvaluationOutput.Print($"{result.Split}: {result.Count:N0} texts", result.ToEvaluation());
            foreach (ReportTable table in result.Details(classifier.LabelNames))
                Plain.Write(Plain.Console(), table);
        }
    }

    private TextClassifier Open(ParseResult parsed, ModelLocation model, InferenceOptions options)
    {
        TextClassifier classifier = TextClassifier.Open(model, options);
        if (CommonOptions.IsGiven(parsed.CommandResult, _threshold) && !classifier.IsMultiLabel)
        {
            classifier.Dispose();
            throw new InputException($"--threshold is for labels that each hold or not: {model.Folder.Path} gives {(classifier.Scores == ScoreKind.Softmax ? "one class of several" : "a number")}; leave it out");
        }
        classifier.Threshold = parsed.GetValue(_threshold);
        return classifier;
    }

    private static void AddColumns(RecordOptions<ClassificationOptions> record)
    {
        record.Add(o => o.TextColumn, "A table's column of the text; guessed by its name, and said, unless given.", "NAME");
        record.Add(o => o.Text2Column, "The column of the second text of a pair.", "NAME");
        record.Add(o => o.LabelColumn, "The column of the label; several with commas between are each a label that holds or not (0, 1), or a number; of pairs of texts the column of their score.", "NAME");
        record.AddPair(o => o.Glue, "data", "A task of GLUE, cola, sst2, mrpc, qqp, stsb, mnli, qnli, rte or wnli, and the folder with its files, or --data for that.", "TASK DIR");
        record.Add(o => o.NoHeader, "The first row of a CSV or TSV file is data: its columns are 1, 2, ….");
        record.AddText(o => o.Separator, (name, text) => Separators.Parse(name, text), "What parts the cells of a CSV or TSV file; guessed, and said, unless given.", "CHAR|NAME");
        record.AddChoice(o => o.Quote, "Whether cells of a CSV or TSV file may stand in quotes: whatever fits its columns; yes; or no, quotes are text.");
        record.AddText(o => o.ProblemType, (name, text) => ProblemTypes.Parse(name, text), "What the labels mean; told from them unless given.", string.Join('|', ProblemTypes.All));
        record.Add(o => o.LabelSeparator, "What parts several labels in one cell; guessed, and said, unless given.", "TEXT");
    }
}
