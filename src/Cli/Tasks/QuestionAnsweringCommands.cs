using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json.Nodes;
using BareBert.Cli.Display;

namespace BareBert.Cli.Tasks;

/// <summary>Answers to questions about a context.</summary>
internal sealed class QuestionAnsweringCommands : TaskCommands
{
    private readonly RecordOptions<QuestionAnsweringOptions> _training = new(new QuestionAnsweringOptions()), _answering = new(new QuestionAnsweringOptions());

    // predict
    private readonly Option<string?> _question = new("--question") { Description = "A question to answer from --context.", HelpName = "TEXT" };
    private readonly Option<string?> _context = new("--context") { Description = "The text that holds the answer.", HelpName = "TEXT" };

    // evaluate
    private readonly Option<string?> _predictions = new("--predictions") { Description = "Question answering: score the answers of this file, {\"question id\": \"answer\"}, by SQuAD's rules; no model is run.", HelpName = "FILE" };
    private readonly Option<string?> _noAnswer = new("--na-prob") { Description = "With --predictions, for v2: {\"question id\": probability that it has no answer}.", HelpName = "FILE" };
    private readonly Option<double?> _threshold = new("--na-threshold") { Description = "Question answering: above this probability of no answer a question is answered with nothing; unless given, the model's own, or 1 with --na-prob.", HelpName = "X" };
    private readonly Option<string?> _output = new("--out") { Description = $"Question answering: a folder for {QaAnswerFiles.Predictions} and {QaAnswerFiles.NoAnswer}, as --predictions and --na-prob take them, and {QaAnswerFiles.NBest}.", HelpName = "DIR" };

    public QuestionAnsweringCommands()
    {
        AddWindows(_training);
        AddWindows(_answering);
    }

    public override EvaluationKind Predictions { get; } = new("--predictions", Length: null, IsModel: false);

    public override FineTuningDefinition Task => BertTasks.QuestionAnswering;

    public override (string, string) Use => ("answers questions", "--question and --context");

    public override EvaluationKind Kind { get; } = new("a model that answers questions", "--max-length");

    public override IRecordOptions Training => _training;

    public override void AddPredicting(Command verb)
    {
        verb.Options.Add(_question);
        verb.Options.Add(_context);
        _answering.AddTo(verb);
        verb.Validators.Add(result =>
        {
            if (result.GetValue(_question) is null != result.GetValue(_context) is null)
                result.AddError("--question and --context belong together: give both");
        });
    }

    public override IEnumerable<Option> Predicting => _answering.All;

    public override bool IsAsked(CommandResult result) => result.GetValue(_question) is not null;

    public override void Predict(ParseResult parsed, PredictInput input, CancellationToken cancel)
    {
        (string question, string context) = (parsed.GetValue(_question)!, parsed.GetValue(_context)!);
        if (string.IsNullOrWhiteSpace(question))
            throw new InputException("the question is empty: --question; ask one");
        if (string.IsNullOrWhiteSpace(context))
            throw new InputException("the context is empty: --context; give the text that holds the answer");
        using QuestionAnswerer answerer = QuestionAnswerer.Open(input.Model, input.Options, _answering.Read(parsed));
        QaPrediction prediction = answerer.Answer(question, context);
        IReadOnlyList<QaCandidate> candidates = answerer.CandidatesOf(prediction);
        if (!input.IsJson)
        {
            Print(prediction, answerer.Threshold, candidates);
            return;
        }
        var json = new JsonObject { ["model"] = input.Path, ["question"] = question, ["answer"] = prediction.Answer(answerer.Threshold) };
        if (answerer.Threshold is double limit)
            (json["no_answer_probability"], json["no_answer_threshold"]) = (prediction.NoAnswerProbability, limit);
        json["n_best"] = QaAnswerFiles.ListOf(candidates);
        JsonOutput.Print(json);
    }

    public override void PredictRows(ParseResult parsed, PredictInput input, Action<RowPredictor> run)
    {
        using QuestionAnswerer answerer = QuestionAnswerer.Open(input.Model, input.Options, _answering.Read(parsed));
        run(RowPredictor.Of(answerer));
    }

    public override void AddEvaluating(Command verb, EvaluationUses uses)
    {
        foreach (Option option in (Option[])[_predictions, _noAnswer, _threshold, _output])
            verb.Options.Add(option);
        _answering.AddTo(verb);
        verb.Validators.Add(result =>
        {
            if (result.GetValue(_threshold) is double threshold && threshold is not (>= 0 and <= 1))
                result.AddError("--na-threshold is no probability: give 0 to 1, as 0.5");
            if (HasPredictions(result) && result.GetValue(_noAnswer) is null && CommonOptions.IsGiven(result, _threshold))
                result.AddError("--na-threshold has nothing to be held against: give the probabilities of no answer with --na-prob");
        });
        uses.Add([_noAnswer], Predictions);
        uses.Add([_threshold], Kind, Predictions);
        uses.Add([_output, .. _answering.All], Kind);
    }

    public override void Evaluate(ParseResult parsed, EvaluateInput input, CancellationToken cancel)
    {
        SquadDataset questions = Read(input.Data);
        if (parsed.GetValue(_output) is string folder && File.Exists(folder))
            throw new InputException($"a file where a folder is needed: {folder}; give another --out");
        QuestionAnsweringOptions own = _answering.Read(parsed);
        using QuestionAnswerer answerer = QuestionAnswerer.Open(input.Model, input.Options, own);
        QaOutcome outcome = answerer.Evaluate("test", questions, Notes.Print, cancel);
        double? threshold = parsed.GetValue(_threshold) ?? answerer.Threshold;
        if (parsed.GetValue(_output) is string output)
            Notes.Print($"the answers are in {QaAnswerFiles.Write(output, outcome, threshold, own.NBest)}");
        EvaluationOutput.Print([outcome.ToEvaluation(threshold)], input.Path, input.Data[0], input.IsJson);
    }

    public override bool HasPredictions(CommandResult result) => result.GetValue(_predictions) is not null;

    public override void EvaluatePredictions(ParseResult parsed, string[] data, bool isJson)
    {
        SquadDataset questions = Read(data);
        Dictionary<string, string> answers = SquadPredictions.Read(parsed.GetValue(_predictions)!);
        OrderedDictionary<string, double>? probabilities = parsed.GetValue(_noAnswer) is string file ? SquadPredictions.ReadNoAnswerProbabilities(file) : null;
        if (probabilities is not null && !questions.HasUnanswerable)
            throw new InputException($"--na-prob does not fit the data: {data[0]} has an answer to every question, which SQuAD v1.1 scores without it; leave --na-prob out");
        Evaluation evaluation = QaMetrics.OfPredictions(questions, answers, probabilities, parsed.GetValue(_threshold) ?? 1, Notes.Print);
        EvaluationOutput.Print([evaluation], "", data[0], isJson);
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

    private static SquadDataset Read(string[] data)
    {
        SquadDataset questions = SquadReader.Read(data is [string one] ? SquadReader.FileToEvaluate(one) : throw new InputException("questions are evaluated on one SQuAD file: give it with --data"));
        foreach (string line in questions.Notices)
            Notes.Print(line);
        return questions;
    }

    private static void AddWindows(RecordOptions<QuestionAnsweringOptions> record)
    {
        record.Add(o => o.DocStride, "Question answering: tokens of the context that a window repeats of the one before; unless given, the run's own, or 128.", "N");
        record.Add(o => o.MaxQuestion, "Question answering: a question is cut after so many tokens; unless given, the run's own, or 64.", "N");
        record.Add(o => o.NBest, "Question answering: how many answers of a question are held against each other.", "N");
        record.Add(o => o.MaxAnswer, "Question answering: the longest answer, in tokens.", "N");
    }
}
