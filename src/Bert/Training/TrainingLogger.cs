namespace BareBert.Bert.Training;

/// <summary>Another program's form of a run's figures.</summary>
public enum TrainingLogger
{
    /// <summary>None.</summary>
    None,

    /// <summary>TensorBoard's event files, in the run's folder "tensorboard".</summary>
    Tensorboard,
}
