namespace BareBert.Bert.Models;

/// <summary>Where a model's attention has its weights.</summary>
internal static class AttentionWeights
{
    private const string Joined = ".attention.qkv.weight", Output = ".attention.output.weight";

    /// <summary>W_Q, W_K and W_V below each other of each layer, [3·C, C], and their place among the model's parameters.</summary>
    public static IEnumerable<(int Index, ParameterSpec Joined)> Of(BertModel model) =>
        model.Specs.Index().Where(spec => spec.Item.Name.EndsWith(Joined, StringComparison.Ordinal));

    /// <summary>Those of the last layer; null where it shares them with the others.</summary>
    public static ParameterSpec? OfLast(BertModel model) => model.Config.DistinctLayers == model.Config.Layers ? Of(model).Last().Joined : null;

    /// <summary>Their biases, [3·C].</summary>
    public static ParameterSpec BiasOf(BertModel model, ParameterSpec joined) => model.Layout[joined.Name.Replace(".weight", ".bias", StringComparison.Ordinal)];

    /// <summary>W_O of the same layer, [C, C].</summary>
    public static ParameterSpec OutputOf(BertModel model, ParameterSpec joined) => model.Layout[joined.Name.Replace(Joined, Output, StringComparison.Ordinal)];

    /// <summary>Gives numbers another deviation: each is multiplied by the factor.</summary>
    public static void Multiply(Span<float> values, double factor)
    {
        foreach (ref float value in values)
            value *= (float)factor;
    }
}
