using BareBert.Autograd;
using BareBert.Autograd.Ops;

namespace BareBert.Bert.Tasks;

/// <summary>Answers questions with a model: all of a data set's, or one of the user's own.</summary>
public sealed class QaEvaluator
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
            loss += losses.ToArray<float>().Sum(x => (double)x);
        }, watch, split);
        var predictions = new QaPrediction[examples.Questions.Count];
        Parallel.For(0, predictions.Length, q => predictions[q] = _decoder.Decode(
            examples.Questions[q].Paragraph.Context, examples.WindowSpan(q),
            new ArraySegment<ReadOnlyMemory<float>>(logits, examples.FirstWindowOf(q), examples.WindowSpan(q).Length)));
        int labelled = Enumerable.Range(0, examples.Count).Count(w => examples[w].IsLabelled);
        return new QaOutcome(split, labelled > 0 ? loss / labelled : double.NaN, examples.Data, predictions);
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
        return _decoder.Decode(context, windows, _scorer.Score(tape, sequences, CancellationToken.None));
    }
}
