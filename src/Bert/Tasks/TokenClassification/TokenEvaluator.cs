using BareBert.Autograd;
using BareBert.Autograd.Ops;
using BareBert.Kernels;

namespace BareBert.Bert.Tasks;

/// <summary>Runs a model for classes of words. Nothing learns and nothing is random.</summary>
internal sealed class TokenEvaluator(BertModel model, HeadInputs inputs)
{
    private readonly BatchScorer _scorer = new(inputs, new TokenClassificationHead(model).Logits, HeadReading.AllTokens);

    /// <summary>Loss and labels of all words.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public TokenOutcome Evaluate(Tape tape, string split, TokenExamples examples, CancellationToken cancel, Action<EvaluationProgress>? watch = null)
    {
        inputs.Prepare(tape, examples.Sequences, cancel, watch);
        double loss = 0;
        ReadOnlyMemory<float>[] scores = _scorer.Score(tape, examples.Sequences, cancel, (logits, _, rows) =>
        {
            return CrossEntropy.Apply(tape, default, logits, tape.Upload([.. rows.SelectMany(row => examples.LabelsOf[row])]), 1).Losses.ToArray<float>();
        }, (_, losses) => loss += losses.ToArray().Sum(x => (double)x), watch, split);
        int labelled = examples.LabelsOf.Sum(labels => labels.Count(label => label != Labels.Ignore));
        IReadOnlyList<string>[] predictions = [.. Enumerable.Range(0, examples.Sentences.Count)
            .Select(sentence => (IReadOnlyList<string>)[.. Read(examples, sentence, scores).Select(word => word.Label)])];
        return new TokenOutcome(split, loss / Math.Max(1, labelled), examples.Sentences, predictions);
    }

    /// <summary>For each sentence each word's likeliest label and its probability; a word without a token is outside of everything.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public IReadOnlyList<(string Label, double Score)[]> Predict(Tape tape, TokenExamples examples, CancellationToken cancel)
    {
        ReadOnlyMemory<float>[] scores = _scorer.Score(tape, examples.Sequences, cancel);
        return [.. Enumerable.Range(0, examples.Sentences.Count).Select(sentence => Read(examples, sentence, scores).ToArray())];
    }

    private IEnumerable<(string Label, double Score)> Read(TokenExamples examples, int sentence, ReadOnlyMemory<float>[] scores)
    {
        IReadOnlyList<string> names = model.LabelNames;
        foreach ((int sequence, int token) in examples.PlacesOf(sentence))
        {
            if (sequence < 0)
            {
                yield return ("O", 1);
                continue;
            }
            float[] row = scores[sequence].Slice(token * names.Count, names.Count).ToArray();
            int best = Array.IndexOf(row, row.Max());
            yield return (names[best], 1 / row.Sum(x => Math.Exp(x - row[best])));
        }
    }
}
