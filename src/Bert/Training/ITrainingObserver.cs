namespace BareBert.Bert.Training;

/// <summary>Is told how a run goes: a progress bar, a test.</summary>
public interface ITrainingObserver
{
    /// <summary>Something worth knowing of data or model, not an error; before the run starts.</summary>
    void OnNotice(string line) { }

    /// <summary>When everything is open and training begins.</summary>
    /// <param name="title">One line about the run.</param>
    void OnStart(string title) { }

    /// <summary>After every step.</summary>
    void OnStep(in TrainingProgress progress) { }

    /// <summary>When an evaluation begins, and whenever it has come further; the last one, after training, too. And, before the run starts, whenever the reading of its corpus has.</summary>
    void OnEvaluating(in EvaluationProgress progress) { }

    /// <summary>After every evaluation.</summary>
    /// <param name="progress">Where the run stands.</param>
    /// <param name="evaluations">One for each split.</param>
    /// <param name="isBest">Whether the model is the best so far.</param>
    void OnEvaluated(in TrainingProgress progress, IReadOnlyList<Evaluation> evaluations, bool isBest) { }

    /// <summary>When training has ended and the final figures are measured, or will not be.</summary>
    void OnEnd() { }
}

/// <summary>Where a run stands.</summary>
/// <param name="Step">Steps taken.</param>
/// <param name="Epoch">Epochs done, with a fraction.</param>
/// <param name="Fraction">Share of the run that is done, 0 to 1.</param>
/// <param name="Loss">Of the last step; NaN before the first.</param>
/// <param name="LearningRate">Of the last step.</param>
/// <param name="TokensPerSecond">Over the last few steps.</param>
/// <param name="Seconds">Since the run's beginning, earlier parts of a resumed run included.</param>
/// <param name="SecondsLeft">Estimated; NaN while unknown.</param>
/// <param name="EvaluationSeconds">Of the evaluation that has just ended; 0 elsewhere.</param>
/// <param name="Stage">The stage's name; null where the run has none.</param>
public readonly record struct TrainingProgress(
    int Step, double Epoch, double Fraction, double Loss, double LearningRate, double TokensPerSecond, double Seconds, double SecondsLeft, double EvaluationSeconds = 0, string? Stage = null);
