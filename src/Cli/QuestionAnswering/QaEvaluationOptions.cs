using System.CommandLine;
using System.CommandLine.Parsing;
using BareBert.Bert;
using BareBert.Cli.Verbs;
using BareBert.Kernels;

namespace BareBert.Cli;

/// <summary>The options by which evaluate takes questions: of a model's answers, or of answers from a file.</summary>
internal sealed class QaEvaluationOptions
{
    private readonly Option<string?> _predictions = new("--predictions") { Description = "Question answering: score the answers of this file, {\"question id\": \"answer\"}, by SQuAD's rules; no model is run.", HelpName = "FILE" };
    private readonly Option<string?> _noAnswer = new("--na-prob") { Description = "With --predictions, for v2: {\"question id\": probability that it has no answer}.", HelpName = "FILE" };
    private readonly Option<double?> _threshold = new("--na-threshold") { Description = "Question answering: above this probability of no answer a question is answered with nothing; unless given, the model's own, or 1 with --na-prob.", HelpName = "X" };
    private readonly Option<string?> _output = new("--out") { Description = $"Question answering: a folder for {QaAnswerFiles.Predictions} and {QaAnswerFiles.NoAnswer}, as --predictions and --na-prob take them, and {QaAnswerFiles.NBest}.", HelpName = "DIR" };
    private readonly QaOptions _decoding = new();

    /// <summary>Adds them to the verb.</summary>
    public void AddTo(Command verb)
    {
        foreach (Option option in (Option[])[_predictions, _noAnswer, _threshold, _output])
            verb.Options.Add(option);
        _decoding.AddTo(verb);
        verb.Validators.Add(result =>
        {
            if (result.GetValue(_threshold) is double threshold && !double.IsFinite(threshold))
                result.AddError("--na-threshold is not a number: give one, as 0.5");
            if (HasPredictions(result) && result.GetValue(_noAnswer) is null && CommonOptions.IsGiven(result, _threshold))
                result.AddError("--na-threshold has nothing to be held against: give the probabilities of no answer with --na-prob");
        });
    }

    /// <summary>Says what its options are for.</summary>
    public void AddTo(EvaluationUses uses)
    {
        uses.Add([_noAnswer], EvaluationKind.Answers);
        uses.Add([_threshold], EvaluationKind.Questions, EvaluationKind.Answers);
        uses.Add([_output, .. _decoding.All], EvaluationKind.Questions);
    }

    /// <summary>Whether answers are scored that are there already.</summary>
    public bool HasPredictions(CommandResult result) => result.GetValue(_predictions) is not null;

    /// <summary>Scores the answers of a file.</summary>
    /// <param name="parsed">The command line, which has one.</param>
    /// <param name="data">The SQuAD file.</param>
    public Evaluation ScorePredictions(ParseResult parsed, string[] data) =>
        QaEvaluation.OfPredictions(parsed.GetValue(_predictions)!, Single(data), parsed.GetValue(_noAnswer), parsed.GetValue(_threshold) ?? 1, Notice);

    /// <summary>Scores a model's answers.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="kernels">The device.</param>
    /// <param name="model">The model or run.</param>
    /// <param name="data">The SQuAD file.</param>
    /// <param name="maxLength">Tokens of a window; null: the run's own.</param>
    /// <param name="cancel">Stops.</param>
    public Evaluation ScoreModel(ParseResult parsed, IKernels kernels, string model, string[] data, int? maxLength, CancellationToken cancel) =>
        QaEvaluation.OfModel(kernels, model, Single(data), maxLength, _decoding.Read(parsed), parsed.GetValue(_threshold), parsed.GetValue(_output), Notice, cancel);

    private static string Single(string[] data) => data is [string one] ? one
        : throw new InputException("questions are evaluated on one SQuAD file: give it with --data");

    private static void Notice(string line) => Console.Error.WriteLine($"note: {line}");
}
