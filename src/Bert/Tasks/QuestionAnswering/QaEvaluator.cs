using BareBert.Autograd;

namespace BareBert.Bert;

/// <summary>Answers questions with a model: all of a data set's, or one of the user's own.</summary>
public sealed class QaEvaluator
{
    private readonly BertModel _model;
    private readonly QaDecoder _decoder;
    private readonly WindowFeatures _features;
    private readonly QaScorer _scorer;

    /// <summary>An evaluator that runs the whole model.</summary>
    /// <param name="model">Laid out for <see cref="BertTasks.QuestionAnswering"/>.</param>
    /// <param name="decoder">How scores become answers.</param>
    public QaEvaluator(BertModel model, QaDecoder decoder) : this(model, decoder, new EncodedWindows(model))
    {
    }

    internal QaEvaluator(BertModel model, QaDecoder decoder, WindowFeatures features) =>
        (_model, _decoder, _features, _scorer) = (model, decoder, features, new QaScorer(model, features));

    /// <summary>Loss and answers of all questions, in their order.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public QaOutcome Evaluate(Tape tape, string split, QaExamples examples, CancellationToken cancel)
    {
        _features.Prepare(tape, examples, cancel);
        QaWindow[] windows = [.. Enumerable.Range(0, examples.Count).Select(i => examples[i])];
        QaScores scores = _scorer.Score(tape, windows, cancel);
        var predictions = new QaPrediction[examples.Questions.Count];
        Parallel.For(0, predictions.Length, q => predictions[q] = _decoder.Decode(
            examples.Questions[q].Paragraph.Context, examples.WindowSpan(q),
            new ArraySegment<ReadOnlyMemory<float>>((ReadOnlyMemory<float>[])scores.Logits, examples.FirstWindowOf(q), examples.WindowSpan(q).Length)));
        return new QaOutcome(split, scores.Loss, examples.Data, predictions);
    }

    /// <summary>Answers one question.</summary>
    /// <param name="tape">Its device runs the model.</param>
    /// <param name="question">The question.</param>
    /// <param name="context">The text that answers it.</param>
    /// <param name="encoding">How it becomes windows.</param>
    public QaPrediction Answer(Tape tape, string question, string context, QaEncoding encoding)
    {
        IReadOnlyList<TokenSequence> sequences = new QaEncoder(_model.Tokenizer, encoding).Windows(question, context);
        QaWindow[] windows = [.. sequences.Select(s => new QaWindow(0, s, Kernels.Labels.Ignore, Kernels.Labels.Ignore))];
        return _decoder.Decode(context, windows, _scorer.Score(tape, windows, CancellationToken.None).Logits);
    }
}
