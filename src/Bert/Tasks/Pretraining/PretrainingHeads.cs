using BareBert.Autograd;
using BareBert.Autograd.Ops;

namespace BareBert.Bert.Tasks;

/// <summary>
/// The two heads of pretraining: the masked words, decoded by the tied word embeddings, and whether the second segment is
/// the text that follows the first.
/// </summary>
public sealed class PretrainingHeads
{
    private readonly BertConfig _config;
    private readonly Encoder _encoder;
    private readonly Parameter _transformWeight, _transformBias, _normWeight, _normBias, _decoderBias;
    private readonly Parameter? _nextWeight, _nextBias;

    /// <summary>The heads of a model: masked words, and next sentence where it was made for that.</summary>
    /// <param name="model">For pretraining or for masked words alone.</param>
    public PretrainingHeads(BertModel model)
    {
        (_config, _encoder) = (model.Config, model.Encoder);
        ParameterSet parameters = model.Parameters;
        (_transformWeight, _transformBias) = (parameters["mlm.transform.weight"], parameters["mlm.transform.bias"]);
        (_normWeight, _normBias) = (parameters["mlm.norm.weight"], parameters["mlm.norm.bias"]);
        _decoderBias = parameters["mlm.bias"];
        if (model.Layout.Contains("nsp.weight"))
            (_nextWeight, _nextBias) = (parameters["nsp.weight"], parameters["nsp.bias"]);
    }

    /// <summary>Whether there is a next-sentence head.</summary>
    public bool HasNextSentence => _nextWeight is not null;

    /// <summary>The masked words' loss, and in training its gradients.</summary>
    /// <param name="tape">The step.</param>
    /// <param name="hidden">[tokens, C], or some tokens' alone.</param>
    /// <param name="maskedRows">[n], Int32: which rows are to be guessed, n is 1 or more; no tensor: all that are given.</param>
    /// <param name="labels">[n], the true ids.</param>
    /// <param name="scale">Multiplies the sum of losses.</param>
    /// <param name="total">[1], scale·Σ losses is added.</param>
    /// <param name="predictions">[n], the likeliest ids; no tensor: not wanted.</param>
    /// <returns>[n], −log p of each true word.</returns>
    public Tensor MaskedWordLosses(
        Tape tape, Variable hidden, Tensor maskedRows, Tensor labels, double scale, Tensor total, Tensor predictions = default) =>
        VocabularyCrossEntropy.Apply(tape, total, predictions, Transform(tape, hidden, maskedRows),
            _encoder.WordEmbeddings, _decoderBias, labels, scale);

    /// <summary>The masked words' scores over the whole vocabulary, for a few rows, or for all that are given: [n, V].</summary>
    public Variable MaskedWordLogits(Tape tape, Variable hidden, Tensor maskedRows = default) =>
        Linear.Apply(tape, Transform(tape, hidden, maskedRows), _encoder.WordEmbeddings, _decoderBias);

    /// <summary>The next-sentence loss, where <see cref="HasNextSentence"/>.</summary>
    /// <param name="tape">The step.</param>
    /// <param name="hidden">[tokens, C], or some tokens' alone.</param>
    /// <param name="firstRows">[B], Int32: which rows are the examples' first tokens.</param>
    /// <param name="labels">[B], 0 where the second segment follows the first, 1 where it is random.</param>
    /// <param name="scale">Multiplies the sum of losses.</param>
    /// <param name="total">[1], scale·Σ losses is added.</param>
    /// <returns>The losses, [B], and probabilities, [B, 2].</returns>
    public (Tensor Losses, Tensor Probs) NextSentenceLosses(Tape tape, Variable hidden, Tensor firstRows, Tensor labels, double scale, Tensor total)
    {
        Variable pooled = _encoder.Pool(tape, GatherRows.Apply(tape, hidden, firstRows));
        Variable logits = Linear.Apply(tape, pooled, _nextWeight!, _nextBias);
        return CrossEntropy.Apply(tape, total, logits, labels, scale);
    }

    private Variable Transform(Tape tape, Variable hidden, Tensor maskedRows)
    {
        Variable x = maskedRows.IsNone ? hidden : GatherRows.Apply(tape, hidden, maskedRows);
        x = Linear.Apply(tape, x, _transformWeight, _transformBias, _config.Activation);
        return LayerNorm.Apply(tape, x, _normWeight, _normBias, _config.LayerNormEps);
    }
}
