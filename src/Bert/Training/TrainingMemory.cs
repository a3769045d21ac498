namespace BareBert.Bert.Training;

/// <summary>
/// What a training takes of this process's memory at the very least, counted before any of it is taken: where memory runs out the system ends
/// a process without a word. What is counted here is certainly held, so no run is refused that would have fitted.
/// </summary>
internal static class TrainingMemory
{
    /// <summary>Throws where a training cannot fit into the machine's memory.</summary>
    /// <param name="options">Batch size and accumulation, for the message.</param>
    /// <param name="device">Where the steps run: what another device holds is not counted.</param>
    /// <param name="parametersBytes">As <see cref="OfParameters"/> gives them.</param>
    /// <param name="activations">As <see cref="OfActivations"/> gives them.</param>
    /// <param name="batches">What the host holds of the examples that wait to be trained on.</param>
    /// <exception cref="InputException">It cannot: the message says how much it takes, and how much there is.</exception>
    public static void Require(TrainingOptions options, DeviceMemory device, long parametersBytes, double activations, long batches)
    {
        double needed = options.ProcessesHere * ((device.IsHost ? parametersBytes + activations : 0) + batches);
        if (needed <= HostMemory.Available)
            return;
        throw new InputException($"`{nameof(options.BatchSize)}` {options.BatchSize} and `{nameof(options.GradAccum)}` {options.GradAccum} are too much for this machine: "
            + $"a step takes at least {ByteSizes.Format((long)needed)} of memory{(options.ProcessesHere > 1 ? $" in {options.ProcessesHere} processes" : "")}, and there are {ByteSizes.Format(HostMemory.Available)}; give smaller ones, or a smaller `Model`");
    }

    /// <summary>Weights, and for what is trained their gradients and Adam's two moments, or a process's part of these.</summary>
    public static long OfParameters(TrainingOptions options, long total, long trained) =>
        sizeof(float) * (total + trained + 2 * trained / (options.Shard == Sharding.Optimizer ? options.Group.Size : 1));

    /// <summary>
    /// What a backward pass needs of the forward pass: of each layer at least queries, keys and values, the attention's output, both
    /// normalised sums and the feed-forward's inside.
    /// </summary>
    /// <param name="config">The model's sizes.</param>
    /// <param name="layers">Layers that are gone back through.</param>
    /// <param name="tokens">Of a micro-batch.</param>
    public static double OfActivations(BertConfig config, int layers, double tokens) =>
        sizeof(float) * tokens * layers * (6.0 * config.HiddenSize + config.IntermediateSize);
}
