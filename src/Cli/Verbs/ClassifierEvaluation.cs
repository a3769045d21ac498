using System.Text.Json.Nodes;
using BareBert.Bert;
using BareBert.Cli.Display;
using BareBert.Kernels;

namespace BareBert.Cli.Verbs;

/// <summary>barebert evaluate of a classifier: its figures on any labelled data.</summary>
internal static class ClassifierEvaluation
{
    /// <summary>Evaluates and prints.</summary>
    /// <exception cref="InputException">There are no data, or their labels are not the model's.</exception>
    public static int Run(IKernels kernels, string path, string[] data, TableOptions columns, int? maxLength, bool isJson, CancellationToken cancel)
    {
        if (data.Length != 1)
            throw new InputException("a classifier is evaluated on one file or folder of labelled texts: give it with --data");
        using BertModel model = ModelOptions.Load(kernels, path, BertTasks.Classification);
        using var classifier = new TextClassifier(kernels, model, ModelOptions.MaxLength(path, model, maxLength));
        var results = new List<ClassificationOutcome>();
        foreach ((string name, ClassificationDataset read) in Splits(data[0], columns with { LabelNames = classifier.LabelNames }))
        {
            ClassificationDataset split = read.WithLabels(classifier.LabelNames, data[0]);
            foreach (string notice in split.Notices)
                Console.Error.WriteLine($"note: {notice}");
            results.Add(classifier.Judge(name, split, cancel));
        }
        if (isJson)
        {
            JsonOutput.Print(new JsonObject
            {
                ["model"] = path,
                ["data"] = data[0],
                ["splits"] = new JsonObject(results.Select(r => KeyValuePair.Create(r.Split, (JsonNode?)ClassificationResult.JsonOf(r, classifier.LabelNames)))),
            });
            return ExitCodes.Success;
        }
        foreach (ClassificationOutcome result in results)
        {
            Console.WriteLine($"{result.Split}: {result.Labels.Length:N0} texts");
            foreach (Metric metric in result.ToEvaluation().Metrics)
                Console.WriteLine($"  {EvaluationText.Title(metric.Name),-22}{EvaluationText.Value(metric),14}");
            Plain.Write(Plain.Console(), ClassificationResult.Confusion(result, classifier.LabelNames));
        }
        return ExitCodes.Success;
    }

    // What the model was not trained on, where the data say so; else all rows.
    private static IEnumerable<(string, ClassificationDataset)> Splits(string path, TableOptions options)
    {
        ClassificationSplits splits = ClassificationData.Read(path, options);
        if (splits.Validation is null && splits.Test is null)
            yield return ("data", splits.Train);
        if (splits.Validation is not null)
            yield return ("valid", splits.Validation);
        if (splits.Test is not null)
            yield return ("test", splits.Test);
    }
}
