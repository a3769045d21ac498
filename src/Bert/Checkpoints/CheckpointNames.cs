namespace BareBert.Bert.Checkpoints;

/// <summary>The files of a checkpoint directory; all but the last two are the Hugging Face hub's own names.</summary>
public static class CheckpointNames
{
    /// <summary>The model's shape.</summary>
    public const string Config = "config.json";

    /// <summary>The weights.</summary>
    public const string Weights = "model.safetensors";

    /// <summary>What was added to another model, and which: PEFT's name.</summary>
    public const string AdapterConfig = "adapter_config.json";

    /// <summary>The weights that were added: PEFT's name.</summary>
    public const string AdapterWeights = "adapter_model.safetensors";

    /// <summary>The same as <c>torch.save</c> writes it: PEFT's name of 2023.</summary>
    public const string AdapterWeightsOfTorch = "adapter_model.bin";

    /// <summary>The model card.</summary>
    public const string ModelCard = "README.md";

    /// <summary>Adam's moments.</summary>
    public const string Optimizer = "optimizer.safetensors";

    /// <summary>Where training stands, and the hashes of the other files.</summary>
    public const string TrainerState = "trainer_state.json";
}
