using System.Text.Json.Serialization;
using BareBert.Kernels;

namespace BareBert.Bert.Inference;

/// <summary>Where a model is run, and how much it reads at once.</summary>
public sealed record InferenceOptions
{
    /// <summary>auto, cpu, cuda, cuda:N, emulated or reference.</summary>
    public string Device { get; init; } = "auto";

    /// <summary>Threads of the CPU kernels; 0: one per core. Results do not depend on it.</summary>
    public int Threads { get; init; }

    /// <summary>What a GPU rounds the operands of matrix multiplies to.</summary>
    public Precision Precision { get; init; }

    /// <summary>
    /// Multiply in 8 bits, on the processor: the encoder's weights with a scale for each output channel, what they are multiplied with as it comes. Embeddings, attention,
    /// normalisation, heads and whatever adapters add stay in float32; a weight that is kept in 4 bits stays so.
    /// </summary>
    public bool Int8 { get; init; }

    /// <summary>The most tokens of a text or window; null: what the model was trained with, else its positions.</summary>
    public int? MaxLength { get; init; }

    /// <summary>Takes what is worth knowing of the model's files, a line at a time; null: nobody.</summary>
    [JsonIgnore]
    public Action<string>? Notice { get; init; }

    /// <summary>Is told how far work on many texts has come; null: nobody.</summary>
    [JsonIgnore]
    public Action<EvaluationProgress>? Watch { get; init; }

    /// <summary>Opens the device.</summary>
    /// <exception cref="InputException">There is no such device, or it does not multiply in 8 bits where that is asked for.</exception>
    public IKernels OpenDevice()
    {
        if (Int8 && Device is not ("auto" or "cpu" or "reference"))
            throw new InputException($"`Int8` is computed by the processor, not by `Device` {Device}: leave one of the two out");
        return Devices.Open(Int8 && Device == "auto" ? "cpu" : Device, Threads, Precision);
    }
}
