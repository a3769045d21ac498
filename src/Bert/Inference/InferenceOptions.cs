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

    /// <summary>The most tokens of a text or window; null: what the model was trained with, else its positions.</summary>
    public int? MaxLength { get; init; }

    /// <summary>Takes what is worth knowing of the model's files, a line at a time; null: nobody.</summary>
    [JsonIgnore]
    public Action<string>? Notice { get; init; }

    /// <summary>Is told how far work on many texts has come; null: nobody.</summary>
    [JsonIgnore]
    public Action<EvaluationProgress>? Watch { get; init; }

    /// <summary>Opens the device.</summary>
    /// <exception cref="InputException">There is no such device.</exception>
    public IKernels OpenDevice() => Devices.Open(Device, Threads, Precision);
}
