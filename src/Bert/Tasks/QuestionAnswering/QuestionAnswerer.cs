using BareBert.Autograd;

namespace BareBert.Bert.Tasks;

/// <summary>Answers questions from contexts. Safe for many threads: they take turns, and what is asked for asynchronously while the device is busy runs as one batch.</summary>
public sealed class QuestionAnswerer : IDisposable
{
    private readonly LoadedModel _loaded;
    private readonly QaEncoding _encoding;
    private readonly QaDecoder _decoder;
    private readonly QaEvaluator _evaluator;
    private readonly Tape _tape;
    private readonly DeviceTurns _turns;
    private readonly DynamicBatches<(string Question, string Context), QaPrediction> _batches;

    private QuestionAnswerer(LoadedModel loaded, QaEncoding encoding, QaDecoder decoder)
    {
        (_loaded, _encoding, _decoder) = (loaded, encoding, decoder);
        _evaluator = new QaEvaluator(loaded.Model, decoder);
        (_tape, _turns) = (new Tape(loaded.Kernels), new DeviceTurns(loaded.Kernels, this));
        _batches = new(Answer);
    }

    /// <summary>Above this probability of no answer a question is answered with nothing; null: every question is answered.</summary>
    public double? Threshold => _loaded.Model.Config.NoAnswerThreshold;

    /// <summary>Opens a model that was trained for this.</summary>
    /// <param name="path">A run's folder or a checkpoint's.</param>
    /// <param name="options">Device and length of a window; null: the usual.</param>
    /// <param name="answering">Windows and answers; null: windows as the run had them.</param>
    /// <exception cref="InputException">There is no such model, or the windows do not fit it.</exception>
    public static QuestionAnswerer Open(string path, InferenceOptions? options = null, QuestionAnsweringOptions? answering = null) =>
        Open(() => ModelLocation.Find(path), options, answering);

    /// <inheritdoc cref="Open(string, InferenceOptions?, QuestionAnsweringOptions?)"/>
    /// <param name="location">The model.</param>
    /// <param name="options">Device and length of a window; null: the usual.</param>
    /// <param name="answering">Windows and answers; null: windows as the run had them.</param>
    public static QuestionAnswerer Open(ModelLocation location, InferenceOptions? options = null, QuestionAnsweringOptions? answering = null) =>
        Open(() => location, options, answering);

    /// <summary>Answers one question.</summary>
    /// <param name="question">The question.</param>
    /// <param name="context">The text that answers it.</param>
    public QaPrediction Answer(string question, string context) => Answer([(question, context)])[0];

    /// <summary>Answers questions.</summary>
    /// <param name="questions">Each with the text that answers it.</param>
    /// <param name="cancel">Stops.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public IReadOnlyList<QaPrediction> Answer(IReadOnlyList<(string Question, string Context)> questions, CancellationToken cancel = default)
    {
        GivenTexts.Require(questions, one => one.Question);
        GivenTexts.Require(questions, one => one.Context);
        using (_turns.Take())
            return _evaluator.Answer(_tape, questions, _encoding, cancel);
    }

    /// <summary>Answers one question, together with what others ask for at the same time.</summary>
    /// <param name="question">The question.</param>
    /// <param name="context">The text that answers it.</param>
    /// <param name="cancel">Stops waiting.</param>
    public async Task<QaPrediction> AnswerAsync(string question, string context, CancellationToken cancel = default) =>
        (await _batches.RunAsync([(question, context)], cancel).ConfigureAwait(false))[0];

    /// <summary>What else the answer may be, the best first, "no answer" among them where the model gives such.</summary>
    public IReadOnlyList<QaCandidate> CandidatesOf(QaPrediction prediction) =>
        Threshold is null ? prediction.Candidates : prediction.WithNoAnswer(_decoder.NBest);

    /// <summary>Answers all questions of a data set.</summary>
    /// <param name="split">What to call it.</param>
    /// <param name="questions">The data.</param>
    /// <param name="notice">Takes what is worth knowing.</param>
    /// <param name="cancel">Stops.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public QaOutcome Evaluate(string split, SquadDataset questions, Action<string> notice, CancellationToken cancel = default)
    {
        QaExamples examples = QaExamples.ForEvaluation(questions, _loaded.Model.Tokenizer, _encoding);
        if (examples.Unmapped > 0)
            notice($"{examples.Unmapped:N0} answers lie in no window as a whole: the model cannot give them; a longer `MaxLength` or `DocStride` may help");
        using (_turns.Take())
            return _evaluator.Evaluate(_tape, split, examples, cancel, _loaded.Watch);
    }

    /// <inheritdoc/>
    public void Dispose() => _turns.Close(_tape, _loaded);

    private static QuestionAnswerer Open(Func<ModelLocation> find, InferenceOptions? options, QuestionAnsweringOptions? answering)
    {
        answering ??= new QuestionAnsweringOptions();
        answering.Validate();
        return LoadedModel.Open(find, _ => BertTasks.QuestionAnswering, options, loaded => new QuestionAnswerer(loaded, EncodingOf(loaded, options, answering), answering.Decoder));
    }

    private static QaEncoding EncodingOf(LoadedModel loaded, InferenceOptions? options, QuestionAnsweringOptions answering) => QaEncoding.For(
        loaded.Model.Config.MaxPositions,
        options?.MaxLength ?? loaded.Location.Number("data", "max_length"),
        answering.DocStride ?? loaded.Location.Number("data", "doc_stride"),
        answering.MaxQuestion ?? loaded.Location.Number("data", "max_question"));
}
