namespace BareBert.Bert.Explanations;

/// <summary>A token of the text that is explained.</summary>
/// <param name="Text">As the vocabulary spells it.</param>
/// <param name="Start">Where it begins in its text; −1 for [CLS] and the like.</param>
/// <param name="End">Where it ends.</param>
/// <param name="Segment">0 in the first text, 1 in the second.</param>
public sealed record ExplainedToken(string Text, int Start, int End, int Segment);

/// <summary>Where one head of one layer looks.</summary>
/// <param name="Layer">From 0.</param>
/// <param name="Head">From 0.</param>
/// <param name="Probabilities">[n, n]: row i is where token i looks; each sums to 1.</param>
public sealed record AttentionMap(int Layer, int Head, float[] Probabilities)
{
    private int Tokens => (int)Math.Sqrt(Probabilities.Length);

    /// <summary>Mean over the tokens of −Σ p·ln p: 0 looks at one token, ln n at all alike.</summary>
    public double Entropy => -Probabilities.Sum(p => p > 0 ? p * Math.Log(p) : 0) / Tokens;

    /// <summary>Mean over the tokens of Σ p·|i − j|: how far it looks.</summary>
    public double Distance => Probabilities.Select((p, at) => p * Math.Abs(at / Tokens - at % Tokens)).Sum() / Tokens;
}

/// <summary>What would be answered after a layer, its output given to the head.</summary>
/// <param name="Layer">0: the embeddings; k: the k-th layer.</param>
/// <param name="Answers">The likeliest first.</param>
public sealed record LayerAnswers(int Layer, IReadOnlyList<ExplainedAnswer> Answers);

/// <summary>An answer.</summary>
/// <param name="Text">A class, a word, a span of the context.</param>
/// <param name="Probability">In [0, 1]; of a span that of its start times that of its end.</param>
public sealed record ExplainedAnswer(string Text, double Probability);

/// <summary>Which tokens the answer rests on.</summary>
/// <param name="Target">The answer whose logit is explained.</param>
/// <param name="Logit">Its logit; of a span that of its start and its end together.</param>
/// <param name="BaselineLogit">The same where every word is [PAD].</param>
/// <param name="GradientTimesInput">[n], ∂logit/∂e·e of each token's embedding (Shrikumar et al. 2016, arXiv:1605.01713).</param>
/// <param name="IntegratedGradients">
/// [n], the gradient's mean on the straight way from the baseline, times the way (Sundararajan et al. 2017, arXiv:1703.01365).
/// </param>
public sealed record Attribution(string Target, double Logit, double BaselineLogit, double[] GradientTimesInput, double[] IntegratedGradients)
{
    /// <summary>What integrated gradients leave unexplained: they sum to the logits' difference where the way is cut finely enough.</summary>
    public double Residual => Logit - BaselineLogit - IntegratedGradients.Sum();
}

/// <summary>A model's answer to a text, looked into.</summary>
/// <param name="Model">Its name.</param>
/// <param name="Task">What the model is for.</param>
/// <param name="Tokens">What the model read.</param>
/// <param name="Attention">A map for each layer and head.</param>
/// <param name="Layers">What each layer would answer; empty of a model without a head.</param>
/// <param name="Attribution">What the answer rests on; null of a model without a head.</param>
public sealed record Explanation(
    string Model, string Task, IReadOnlyList<ExplainedToken> Tokens, IReadOnlyList<AttentionMap> Attention, IReadOnlyList<LayerAnswers> Layers, Attribution? Attribution)
{
    /// <summary>Whether tokens of the text were left out, because there were too many.</summary>
    public bool Truncated { get; init; }
}
