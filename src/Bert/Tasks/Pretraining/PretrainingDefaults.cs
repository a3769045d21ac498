namespace BareBert.Bert.Tasks;

/// <summary>What a pretraining run has where nobody says otherwise. docs/pretraining.md has the trials.</summary>
/// <param name="Epochs">Passes over the data, where there is no limit at all.</param>
/// <param name="Lengths">The stages of a new model; one that goes on has learned what short examples teach, and keeps to the last.</param>
/// <param name="AttentionInit">Of a new model, if its family can begin so.</param>
internal sealed record PretrainingDefaults(int Epochs, IReadOnlyList<int> Lengths, AttentionInit AttentionInit)
{
    /// <summary>Examples of a batch, of the longest.</summary>
    public const int BatchSize = 16;

    /// <summary>Of a new model of a size by name: what it could overfit is masked anew in every epoch, and no capacity is to spare.</summary>
    public const double Dropout = 0;

    private static readonly PretrainingDefaults Sample = new(Epochs: 12, [64], AttentionInit.Alike), Corpus = new(Epochs: 10, [32, 64, 128], AttentionInit.Neighbours);

    /// <summary>Those of the sample, whose articles are short and whose world a tiny model cannot but underfit, or of a corpus.</summary>
    public static PretrainingDefaults Of(PretrainerOptions options) => options.IsSample ? Sample : Corpus;

    /// <summary>The lengths that fit a model's positions.</summary>
    /// <param name="positions">How many it has.</param>
    /// <param name="isNew">Whether its weights are random yet.</param>
    public SequenceLengths LengthsFor(int positions, bool isNew)
    {
        int[] fitting = [.. Lengths.Where(length => length <= positions)];
        return fitting.Length == 0 ? positions : isNew ? SequenceLengths.Of(fitting) : fitting[^1];
    }
}
