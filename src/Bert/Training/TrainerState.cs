using System.Text.Json;
using System.Text.Json.Serialization;

namespace BareBert.Bert.Training;

/// <summary>Where a run stands: with the weights and moments, all that a resumed run needs to go on as if it had not stopped.</summary>
public sealed record TrainerState
{
    /// <summary>Optimizer steps taken.</summary>
    public int Step { get; init; }

    /// <summary>The epoch of the next step, from 0.</summary>
    public int Epoch { get; init; }

    /// <summary>Steps taken in that epoch.</summary>
    public int StepInEpoch { get; init; }

    /// <summary>The steps taken before each stage that was entered.</summary>
    public IReadOnlyList<int> StageStarts { get; init; } = [0];

    /// <summary>The stage of the next step, from 0.</summary>
    [JsonIgnore]
    public int Stage => StageStarts.Count - 1;

    /// <summary>Tokens trained on.</summary>
    public long Tokens { get; init; }

    /// <summary>Seconds spent so far, on whatever.</summary>
    public double Seconds { get; init; }

    /// <summary>Of these, on steps.</summary>
    public double TrainingSeconds { get; init; }

    /// <summary>Of these, on evaluations.</summary>
    public double EvaluationSeconds { get; init; }

    /// <summary>Tokens that evaluations read.</summary>
    public long EvaluationTokens { get; init; }

    /// <summary>The step whose evaluation was the best so far; −1: none yet.</summary>
    public int BestStep { get; init; } = -1;

    /// <summary>Whether an evaluation was better than the first, of the model before training: then its weights were kept.</summary>
    [JsonIgnore]
    public bool HasBest => BestStep > 0;

    /// <summary>Which model is the run's in the end, in words.</summary>
    [JsonIgnore]
    internal string ModelName => HasBest ? $"the best model, of step {BestStep:N0}" : BestStep == 0 ? "the last model: none was better than the first" : "the last model";

    /// <summary>That evaluation's deciding metric.</summary>
    public double BestValue { get; init; }

    /// <summary>Evaluations since the best one.</summary>
    public int EvaluationsSinceBest { get; init; }

    /// <summary>By name the sums of the steps' training losses since the last evaluation.</summary>
    public IReadOnlyDictionary<string, double> LossSums { get; init; } = new Dictionary<string, double>();

    /// <summary>Steps in those sums.</summary>
    public int LossSteps { get; init; }

    /// <summary>The steps since the last "train" line.</summary>
    [JsonInclude]
    internal PendingLine Pending { get; init; } = new();

    /// <summary>The evaluations so far, for the table at the end.</summary>
    public IReadOnlyList<EvaluationRecord> History { get; init; } = [];

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>As indented JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json) + "\n";

    /// <summary>Reads a trainer_state.json.</summary>
    /// <exception cref="InputException">It is not one.</exception>
    public static TrainerState Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<TrainerState>(File.ReadAllText(path), Json)
                ?? throw new InputException($"not a trainer state: {path}: it holds null; resume from another run");
        }
        catch (JsonException e)
        {
            throw new InputException($"not a trainer state: {path}: {e.Message.ReplaceLineEndings(" ")}; resume from another run", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read the trainer state: {path}: {e.Message}; resume from a folder with a whole checkpoint", e);
        }
    }
}
