using BareBert.Autograd;
using BareBert.Kernels;

namespace BareBert.Bert.Tasks;

/// <summary>The pseudo-perplexity of a set of sentences.</summary>
/// <param name="Sentences">Sentences scored.</param>
/// <param name="Tokens">Tokens scored, N.</param>
/// <param name="PseudoLogLikelihood">Σ over sentences and tokens of ln P(token | the sentence's other tokens).</param>
public readonly record struct PseudoPerplexityResult(int Sentences, long Tokens, double PseudoLogLikelihood)
{
    /// <summary>exp(−PLL/N).</summary>
    public double PseudoPerplexity => Math.Exp(-PseudoLogLikelihood / Tokens);
}

/// <summary>Scores sentences by masking every token in turn: a masked language model's stand-in for likelihood.</summary>
/// <remarks>Salazar et al. 2020, arXiv:1910.14659. A sentence of T tokens costs T forward passes; they run in packed batches.</remarks>
public sealed class PseudoPerplexity : IDisposable
{
    private readonly BertModel _model;
    private readonly PretrainingHeads _heads;
    private readonly Tape _tape;

    /// <param name="kernels">The device.</param>
    /// <param name="model">With the masked-word head.</param>
    /// <exception cref="InputException">Its vocabulary has no [MASK].</exception>
    public PseudoPerplexity(IKernels kernels, BertModel model)
    {
        if (model.Tokenizer.Special.Mask < 0)
            throw new InputException($"words are scored by masking them, and the vocabulary has no {Vocabulary.MaskToken}: give a model that was trained with one");
        _model = model;
        _heads = new PretrainingHeads(model);
        _tape = new Tape(kernels);
    }

    /// <summary>Scores sentences; special tokens and unknown words are not scored, a sentence over the model's positions is cut.</summary>
    /// <param name="split">Where they are.</param>
    /// <param name="limit">At most so many sentences.</param>
    /// <param name="progress">Called with the sentences done.</param>
    /// <param name="cancel">Stops it.</param>
    public PseudoPerplexityResult Score(TokenSplit split, int limit, Action<int>? progress, CancellationToken cancel)
    {
        int[][] sentences = [.. Enumerable.Range(0, Math.Min(limit, split.Sentences)).Select(i => Framed(split, i))];
        // One copy of a sentence for each of its tokens, with that token masked.
        (int Sentence, int Token)[] copies = [.. sentences.SelectMany((ids, sentence) => Enumerable.Range(1, ids.Length - 2)
            .Where(token => !_model.Tokenizer.Special.Contains(ids[token])).Select(token => (sentence, token)))];
        int[] left = new int[sentences.Length];
        foreach ((int sentence, _) in copies)
            left[sentence]++;
        int done = left.Count(copiesLeft => copiesLeft == 0);
        double logLikelihood = 0;
        foreach (int[] rows in EvaluationBatches.Of([.. copies.Select(copy => sentences[copy.Sentence].Length)]))
        {
            cancel.ThrowIfCancellationRequested();
            logLikelihood -= Run([.. rows.Select(row => (sentences[copies[row].Sentence], copies[row].Token))]);
            done += rows.Count(row => --left[copies[row].Sentence] == 0);
            progress?.Invoke(done);
        }
        return new PseudoPerplexityResult(sentences.Length, copies.Length, logLikelihood);
    }

    /// <inheritdoc/>
    public void Dispose() => _tape.Dispose();

    private int[] Framed(TokenSplit split, int sentence)
    {
        long start = split.SentenceStarts[sentence];
        int length = (int)Math.Min(split.SentenceStarts[sentence + 1] - start, _model.Config.MaxPositions - 2);
        var ids = new int[length + 2];
        split.CopyIds(start, ids.AsSpan(1, length));
        (ids[0], ids[^1]) = (_model.Tokenizer.Special.Cls, _model.Tokenizer.Special.Sep);
        return ids;
    }

    private double Run((int[] Ids, int Token)[] copies)
    {
        var batch = new PackedBatch();
        int[] rows = new int[copies.Length], labels = new int[copies.Length];
        for (int i = 0; i < copies.Length; i++)
        {
            (int[] ids, int token) = copies[i];
            (rows[i], labels[i]) = (batch.Tokens + token, ids[token]);
            ids[token] = _model.Tokenizer.Special.Mask;
            batch.Add(ids, ids.Length);
            ids[token] = labels[i];
        }
        using (_tape.Begin(TapeMode.Evaluation))
        {
            PackedInputs inputs = batch.Upload(_tape);
            Variable hidden = _model.Encoder.Forward(_tape, inputs, WantedTokens.Upload(_tape, inputs, rows));
            Tensor ignored = _tape.Arena.Zeros(new Shape(1), _tape.Kernels.ElementType);
            return _heads.MaskedWordLosses(_tape, hidden, default, _tape.Upload(labels), 1, ignored).ToArray<float>().Sum(x => (double)x);
        }
    }
}
