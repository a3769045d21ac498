using BareBert.Autograd;
using BareBert.Bert;
using BareBert.Kernels;

namespace BareBert.Cli;

/// <summary>What evaluate does with a SQuAD file: a model's answers, or answers from a file, scored by SQuAD's rules.</summary>
internal static class QaEvaluation
{
    /// <summary>Answers all questions of a file with a model.</summary>
    /// <param name="kernels">The device.</param>
    /// <param name="path">The model or run.</param>
    /// <param name="data">The SQuAD file.</param>
    /// <param name="maxLength">Tokens of a window; null: the run's own.</param>
    /// <param name="settings">Windows and answers.</param>
    /// <param name="threshold">A question whose probability of no answer is above it is answered with nothing; null: the model's own.</param>
    /// <param name="output">The folder for the answers; null: they are not written.</param>
    /// <param name="notice">Takes what is worth knowing.</param>
    /// <param name="cancel">Stops.</param>
    public static Evaluation OfModel(
        IKernels kernels, string path, string data, int? maxLength, QaSettings settings, double? threshold, string? output, Action<string> notice, CancellationToken cancel)
    {
        SquadDataset questions = SquadReader.Read(data);
        foreach (string line in questions.Notices)
            notice(line);
        using BertModel model = ModelOptions.Load(kernels, path, BertTasks.QuestionAnswering);
        QaEncoding encoding = settings.EncodingFor(model, maxLength, ModelLocation.Find(path));
        QaExamples examples = QaExamples.ForEvaluation(questions, model.Tokenizer, encoding);
        if (examples.Unmapped > 0)
            notice($"{examples.Unmapped:N0} answers lie in no window as a whole: the model cannot give them; a longer --max-length or --doc-stride may help");
        using var tape = new Tape(kernels);
        QaOutcome outcome = new QaEvaluator(model, settings.Decoder).Evaluate(tape, "test", examples, cancel);
        threshold ??= model.Config.NoAnswerThreshold;
        if (output is not null)
            notice($"the answers are in {QaAnswerFiles.Write(output, outcome, threshold, settings.Decoder.NBest)}");
        return outcome.ToEvaluation(threshold);
    }

    /// <summary>Scores a predictions file.</summary>
    /// <param name="predictions">{"question id": "answer"}; the empty string says there is none.</param>
    /// <param name="data">The SQuAD file.</param>
    /// <param name="noAnswer">{"question id": probability that it has no answer}; null: none.</param>
    /// <param name="threshold">A question whose probability is above it counts as answered with the empty string.</param>
    /// <param name="notice">Takes what is worth knowing.</param>
    public static Evaluation OfPredictions(string predictions, string data, string? noAnswer, double threshold, Action<string> notice)
    {
        SquadDataset questions = SquadReader.Read(data);
        foreach (string line in questions.Notices)
            notice(line);
        Dictionary<string, string> answers = SquadPredictions.Read(predictions);
        OrderedDictionary<string, double>? probabilities = noAnswer is null ? null : SquadPredictions.ReadNoAnswerProbabilities(noAnswer);
        if (probabilities is not null && !questions.HasUnanswerable)
            throw new InputException($"--na-prob does not fit the data: {data} has an answer to every question, which SQuAD v1.1 scores without it; leave --na-prob out");
        SquadScores scores = questions.Score(answers, probabilities, threshold);
        if (scores.Missing > 0)
            notice($"{scores.Missing:N0} of {questions.QuestionCount:N0} questions have no prediction and score 0");
        if (scores.Unknown > 0)
            notice($"{scores.Unknown:N0} predictions are for questions that are not in the data; they count for nothing");
        return new Evaluation("test", [.. QaMetrics.Of(questions, scores, WithThreshold(answers, probabilities, threshold)), .. Best("em", scores.BestExactMatch), .. Best("f1", scores.BestF1)]);
    }

    // The text measures see the same answers as the scores do.
    private static Dictionary<string, string> WithThreshold(Dictionary<string, string> answers, OrderedDictionary<string, double>? probabilities, double threshold) =>
        probabilities is null ? answers : answers.ToDictionary(a => a.Key, a => probabilities.TryGetValue(a.Key, out double p) && p > threshold ? "" : a.Value);

    private static Metric[] Best(string name, SquadBest? best) =>
        best is SquadBest some ? [new($"best_{name}", some.Score), new($"best_{name}_threshold", some.Threshold)] : [];
}
