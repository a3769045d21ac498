namespace BareBert.Bert.Training;

/// <summary>
/// Which parameters are trained and how fast: by method, with the lower layers frozen or slowed down where asked for.
/// </summary>
/// <param name="Config">The model's sizes.</param>
/// <param name="Method">What is trained.</param>
/// <param name="FreezeLayers">The embeddings and so many of the lowest layers keep their weights; 0: none do.</param>
/// <param name="LayerDecay">What the learning rate is multiplied by from a layer to the one below it; 1: no decay.</param>
/// <remarks>Layer-wise decay: Howard and Ruder 2018, arXiv:1801.06146; Clark et al. 2020, arXiv:2003.10555.</remarks>
public sealed record TrainingPlan(BertConfig Config, FineTuningMethod Method, int FreezeLayers = 0, double LayerDecay = 1)
{
    /// <summary>Checks that the plan fits the model.</summary>
    /// <exception cref="InputException">A number is out of range, or the method leaves nothing to freeze or slow down.</exception>
    public TrainingPlan Validate()
    {
        if (FreezeLayers < 0 || FreezeLayers > Config.DistinctLayers)
            throw new InputException($"`FreezeLayers` {FreezeLayers} does not fit the model: it has {Config.DistinctLayers} layers with weights of their own; give 0 to {Config.DistinctLayers}");
        if (!(LayerDecay > 0 && LayerDecay <= 1))
            throw new InputException($"`LayerDecay` {LayerDecay} is out of range: give a number above 0, up to 1 for no decay");
        if (Method != FineTuningMethod.Full && (FreezeLayers > 0 || LayerDecay < 1))
            throw new InputException($"`FreezeLayers` and `LayerDecay` are for `Method` full: {Method.ToString().ToLowerInvariant()} trains no layer's own weights; leave them out");
        return this;
    }

    /// <summary>How a parameter is trained.</summary>
    public ParameterTraining Of(ParameterSpec parameter)
    {
        int depth = DepthOf(parameter);
        bool isTrained = Method switch
        {
            FineTuningMethod.Full => FreezeLayers == 0 || depth > FreezeLayers,
            FineTuningMethod.Frozen => !parameter.IsEncoder,
            _ => true, // but for what the adaptation leaves alone, see BertModel
        };
        return BertModel.TrainAll(parameter) with { Group = 2 * depth + (parameter.Decays ? 0 : 1), IsTrained = isTrained };
    }

    /// <summary>How a group of <see cref="Of"/> learns.</summary>
    public GroupRate RateOf(int group) => new(Decays: group % 2 == 0, Factor: Math.Pow(LayerDecay, HeadDepth - group / 2));

    private int HeadDepth => Config.DistinctLayers + 1;

    // Embeddings are at 0, the layers from 1 up, the pooler and heads at the top.
    private int DepthOf(ParameterSpec parameter) => !parameter.IsEncoder ? HeadDepth : parameter.Layer + 1;
}
