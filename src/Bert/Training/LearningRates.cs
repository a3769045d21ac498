namespace BareBert.Bert.Training;

/// <summary>Learning rates that suit a method and a size, where the user gives none.</summary>
internal static class LearningRates
{
    /// <summary>Pretraining: smaller models take larger rates; base's is Devlin et al.'s.</summary>
    public static double OfPretraining(BertConfig config) =>
        config.HiddenSize switch { <= 128 => 2e-3, <= 256 => 1e-3, <= 512 => 5e-4, _ => 1e-4 };

    /// <summary>
    /// Fine-tuning: of all weights as Turc et al. 2019 tried for small models and Devlin et al. for base; of a few new
    /// weights, which start from nothing, larger.
    /// </summary>
    public static double Of(FineTuningMethod method, BertConfig config) => method switch
    {
        FineTuningMethod.Full => config.HiddenSize switch { <= 256 => 3e-4, <= 512 => 1e-4, _ => 3e-5 },
        _ => config.HiddenSize switch { <= 256 => 2e-3, <= 512 => 1e-3, _ => 5e-4 },
    };
}
