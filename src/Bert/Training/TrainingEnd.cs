namespace BareBert.Bert.Training;

/// <summary>Why a run ended.</summary>
public enum TrainingEnd
{
    /// <summary>One of its limits was reached.</summary>
    Finished,

    /// <summary>The validation metric no longer improved.</summary>
    StoppedEarly,

    /// <summary>The user interrupted it; a checkpoint was saved.</summary>
    Interrupted,
}
