using System.Text.Json.Nodes;
using BareBert.Autograd;
using BareBert.Bert;
using BareBert.Cli.Display;
using BareBert.Kernels;

namespace BareBert.Cli;

/// <summary>What predict does with a question and a context: the answer, its place in the context, and what else it might be.</summary>
internal static class QaAnswering
{
    /// <summary>Answers one question.</summary>
    /// <param name="kernels">The device.</param>
    /// <param name="path">The model or run.</param>
    /// <param name="question">The question.</param>
    /// <param name="context">The text that answers it.</param>
    /// <param name="maxLength">Tokens of a window; null: the run's own.</param>
    /// <param name="settings">Windows and answers.</param>
    /// <param name="isJson">Print one JSON object.</param>
    /// <exception cref="InputException">The question or the context is empty, or the model answers no questions.</exception>
    public static void Run(IKernels kernels, string path, string question, string context, int? maxLength, QaSettings settings, bool isJson)
    {
        if (string.IsNullOrWhiteSpace(question))
            throw new InputException("the question is empty: --question; ask one");
        if (string.IsNullOrWhiteSpace(context))
            throw new InputException("the context is empty: --context; give the text that holds the answer");
        using BertModel model = ModelOptions.Load(kernels, path, BertTasks.QuestionAnswering);
        QaEncoding encoding = settings.EncodingFor(model, maxLength, ModelLocation.Find(path));
        using var tape = new Tape(kernels);
        QaPrediction prediction = new QaEvaluator(model, settings.Decoder).Answer(tape, question, context, encoding);
        double? threshold = model.Config.NoAnswerThreshold;
        IReadOnlyList<QaCandidate> candidates = threshold is null ? prediction.Candidates : prediction.WithNoAnswer(settings.Decoder.NBest);
        if (isJson)
            JsonOutput.Print(Json(path, question, prediction, threshold, candidates));
        else
            Print(prediction, threshold, candidates);
    }

    private static void Print(QaPrediction prediction, double? threshold, IReadOnlyList<QaCandidate> candidates)
    {
        string answer = prediction.Answer(threshold);
        Console.WriteLine(answer.Length > 0 ? answer : "(no answer)");
        if (threshold is double limit)
            Console.WriteLine($"  no answer: {prediction.NoAnswerProbability:P2}, threshold {limit:P2}");
        foreach (QaCandidate candidate in candidates)
        {
            string place = candidate.Text.Length > 0 ? $"[{candidate.Start}, {candidate.End})" : "";
            Console.WriteLine($"  {candidate.Probability,8:P2}  {place,-14}  {(candidate.Text.Length > 0 ? candidate.Text.ReplaceLineEndings(" ") : "(no answer)")}");
        }
    }

    private static JsonObject Json(string path, string question, QaPrediction prediction, double? threshold, IReadOnlyList<QaCandidate> candidates)
    {
        var json = new JsonObject { ["model"] = path, ["question"] = question, ["answer"] = prediction.Answer(threshold) };
        if (threshold is double limit)
            (json["no_answer_probability"], json["no_answer_threshold"]) = (prediction.NoAnswerProbability, limit);
        json["n_best"] = QaAnswerFiles.ListOf(candidates);
        return json;
    }
}
