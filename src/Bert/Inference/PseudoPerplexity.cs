using BareBert.Autograd;
using BareBert.Kernels;

namespace BareBert.Bert;

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
    private readonly PackedBatch _batch = new();
    private readonly List<int> _rows = [], _labels = [];
    private double _logLikelihood;
    private long _tokens;

    /// <param name="kernels">The device.</param>
    /// <param name="model">With the masked-word head.</param>
    public PseudoPerplexity(IKernels kernels, BertModel model)
    {
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
        (_logLikelihood, _tokens) = (0, 0);
        int sentences = Math.Min(limit, split.Sentences);
        for (int sentence = 0; sentence < sentences; sentence++)
        {
            cancel.ThrowIfCancellationRequested();
            Add(Framed(split, sentence));
            progress?.Invoke(sentence + 1);
        }
        Flush();
        return new PseudoPerplexityResult(sentences, _tokens, _logLikelihood);
    }

    /// <inheritdoc/>
    public void Dispose() => _tape.Dispose();

    private int[] Framed(TokenSplit split, int sentence)
    {
        int start = split.SentenceStarts[sentence];
        int length = Math.Min(split.SentenceStarts[sentence + 1] - start, _model.Config.MaxPositions - 2);
        var ids = new int[length + 2];
        split.CopyIds(start, ids.AsSpan(1, length));
        (ids[0], ids[^1]) = (_model.Tokenizer.Special.Cls, _model.Tokenizer.Special.Sep);
        return ids;
    }

    // One copy of the sentence for each of its tokens, with that token masked.
    private void Add(int[] ids)
    {
        for (int i = 1; i < ids.Length - 1; i++)
        {
            int label = ids[i];
            if (_model.Tokenizer.Special.Contains(label))
                continue;
            if (_batch.Tokens + ids.Length > PackedBatch.EvaluationTokens)
                Flush();
            ids[i] = _model.Tokenizer.Special.Mask;
            _rows.Add(_batch.Tokens + i);
            _labels.Add(label);
            _batch.Add(ids, ids.Length);
            ids[i] = label;
        }
    }

    private void Flush()
    {
        if (_rows.Count == 0)
            return;
        using (_tape.Begin(TapeMode.Evaluation))
        {
            Variable hidden = _model.Encoder.Forward(_tape, _batch.Upload(_tape));
            Tensor ignored = _tape.Arena.Zeros(new Shape(1), _tape.Kernels.ElementType);
            Tensor losses = _heads.MaskedWordLosses(
                _tape, hidden, _tape.Upload(_rows.ToArray()), _tape.Upload(_labels.ToArray()), 1, ignored);
            _logLikelihood -= losses.ToArray<float>().Sum(x => (double)x);
        }
        _tokens += _rows.Count;
        _batch.Clear();
        _rows.Clear();
        _labels.Clear();
    }
}
