using System.CommandLine;
using System.CommandLine.Parsing;
using BareBert.Bert;
using BareBert.Kernels;

namespace BareBert.Cli;

/// <summary>The options by which evaluate takes questions: of a model's answers, or of answers from a file.</summary>
internal sealed class QaEvaluationOptions
{
    private readonly Option<string?> _predictions = new("--predictions") { Description = "Question answering: score the answers of this file, {\"question id\": \"answer\"}, by SQuAD's rules; no model is run.", HelpName = "FILE" };
    private readonly Option<string?> _noAnswer = new("--na-prob") { Description = "With --predictions, for v2: {\"question id\": probability that it has no answer}.", HelpName = "FILE" };
    private readonly Option<double> _threshold = new("--na-threshold") { Description = "With --na-prob: above it a question counts as answered with nothing.", DefaultValueFactory = _ => 1, HelpName = "X" };
    private readonly Option<string?> _answers = new("--answers") { Description = "Question answering: write the model's answers to this file, as --predictions takes them.", HelpName = "FILE" };
    private readonly QaOptions _decoding = new();

    /// <summary>Adds them to the verb.</summary>
    public void AddTo(Command verb)
    {
        foreach (Option option in (Option[])[_predictions, _noAnswer, _threshold, _answers])
            verb.Options.Add(option);
        _decoding.AddTo(verb);
        verb.Validators.Add(result =>
        {
            if (!HasPredictions(result) && result.GetValue(_noAnswer) is not null)
                result.AddError("--na-prob belongs to --predictions: give the file of answers too");
            if (!double.IsFinite(result.GetValue(_threshold)))
                result.AddError("--na-threshold is not a number: give one, as 0.5");
        });
    }

    /// <summary>Whether answers are scored that are there already.</summary>
    public bool HasPredictions(CommandResult result) => result.GetValue(_predictions) is not null;

    /// <summary>Scores the answers of a file; null where none is given.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="data">The SQuAD file.</param>
    public Evaluation? ScorePredictions(ParseResult parsed, string[] data) => parsed.GetValue(_predictions) is not string file ? null
        : QaEvaluation.OfPredictions(file, Single(data), parsed.GetValue(_noAnswer), parsed.GetValue(_threshold), Notice);

    /// <summary>Scores a model's answers.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="kernels">The device.</param>
    /// <param name="model">The model or run.</param>
    /// <param name="data">The SQuAD file.</param>
    /// <param name="maxLength">Tokens of a window; null: the run's own.</param>
    /// <param name="cancel">Stops.</param>
    public Evaluation ScoreModel(ParseResult parsed, IKernels kernels, string model, string[] data, int? maxLength, CancellationToken cancel) =>
        QaEvaluation.OfModel(kernels, model, Single(data), maxLength, _decoding.Read(parsed), parsed.GetValue(_answers), Notice, cancel);

    private static string Single(string[] data) => data is [string one] ? one
        : throw new InputException("questions are evaluated on one SQuAD file: give it with --data");

    private static void Notice(string line) => Console.Error.WriteLine($"note: {line}");
}
