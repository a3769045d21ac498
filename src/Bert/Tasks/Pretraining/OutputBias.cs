namespace BareBert.Bert.Tasks;

/// <summary>
/// Has the masked words' head begin by guessing each token as often as it occurs. With a bias of zero a new model's first thousand steps learn these frequencies, by words' vectors
/// that all grow along one direction, before they learn anything of the context.
/// </summary>
internal static class OutputBias
{
    private const string Name = "mlm.bias";

    /// <summary>Sets the bias to ln P of each token; one that is never to be guessed gets that of the rarest.</summary>
    /// <param name="model">A new one.</param>
    /// <param name="unigram">The frequencies in training.</param>
    public static void Apply(BertModel model, UnigramBaseline unigram)
    {
        ParameterSpec bias = model.Layout[Name];
        double[] losses = [.. Enumerable.Range(0, (int)bias.Count).Select(unigram.NegativeLogProbability)];
        double rarest = losses.Where(double.IsFinite).Max();
        model.Set(bias, [.. losses.Select(loss => -(float)Math.Min(loss, rarest))]);
    }
}
