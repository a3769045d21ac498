using BareBert.Autograd;
using BareBert.Autograd.Ops;

namespace BareBert.Bert.Tasks;

/// <summary>Answers questions with a model: all of a data set's, or one of the user's own.</summary>
internal sealed class QaEvaluator
{
    private readonly BertModel _model;
    private readonly QaDecoder _decoder;
    private readonly HeadInputs _inputs;
    private readonly BatchScorer _scorer;

    /// <summary>An evaluator that runs the whole model.</summary>
    /// <param name="model">Laid out for <see cref="BertTasks.QuestionAnswering"/>.</param>
    /// <param name="decoder">How scores become answers.</param>
    public QaEvaluator(BertModel model, QaDecoder decoder) : this(model, decoder, new HeadInputs(model, HeadReading.AllTokens))
    {
    }

    internal QaEvaluator(BertModel model, QaDecoder decoder, HeadInputs inputs)
    {
        var head = new QuestionAnsweringHead(model);
        (_model, _decoder, _inputs, _scorer) = (model, decoder, inputs, new BatchScorer(inputs, head.Logits, HeadReading.AllTokens));
    }

    /// <summary>Loss and answers of all questions, in their order.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public QaOutcome Evaluate(Tape tape, string split, QaExamples examples, CancellationToken cancel, Action<EvaluationProgress>? watch = null)
    {
        _inputs.Prepare(tape, examples.Sequences, cancel, watch);
        double loss = 0;
        ReadOnlyMemory<float>[] logits = _scorer.Score(tape, examples.Sequences, cancel, (scores, inputs, rows) =>
        {
            Tensor starts = tape.Upload([.. rows.Select(w => examples[w].Start)]), ends = tape.Upload([.. rows.Select(w => examples[w].End)]);
            (Tensor losses, _) = SpanCrossEntropy.Apply(tape, default, scores, inputs.Offsets, starts, ends, 1);
            return losses.ToArray<float>();
        }, (_, losses) => loss += losses.ToArray().Sum(x => (double)x), watch, split);
        var predictions = new QaPrediction[examples.Questions.Count];
        InParallel.For(predictions.Length, q => predictions[q] = _decoder.Decode(
            examples.Questions[q].Paragraph.Context, examples.WindowSpan(q),
            new ArraySegment<ReadOnlyMemory<float>>(logits, examples.FirstWindowOf(q), examples.WindowSpan(q).Length)));
        int labelled = Enumerable.Range(0, examples.Count).Count(w => examples[w].IsLabelled);
        return new QaOutcome(split, labelled > 0 ? loss / labelled : double.NaN, examples.Data, predictions);
    }

    /// <summary>Answers questions.</summary>
    /// <param name="tape">Its device runs the model.</param>
    /// <param name="questions">Each with the text that answers it.</param>
    /// <param name="encoding">How they become windows.</param>
    /// <param name="cancel">Stops.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public IReadOnlyList<QaPrediction> Answer(Tape tape, IReadOnlyList<(string Question, string Context)> questions, QaEncoding encoding, CancellationToken cancel)
    {
        var encoder = new QaEncoder(_model.Tokenizer, encoding);
        QaWindow[][] windows = [.. questions.Select((q, i) => encoder.Windows(q.Question, q.Context).Select(s => new QaWindow(i, s, Kernels.Labels.Ignore, Kernels.Labels.Ignore)).ToArray())];
        ReadOnlyMemory<float>[] scores = _scorer.Score(tape, [.. windows.SelectMany(w => w.Select(window => window.Tokens))], cancel);
        var answers = new QaPrediction[questions.Count];
        for (int i = 0, first = 0; i < answers.Length; first += windows[i++].Length)
            answers[i] = _decoder.Decode(questions[i].Context, windows[i], new ArraySegment<ReadOnlyMemory<float>>(scores, first, windows[i].Length));
        return answers;
    }
}
