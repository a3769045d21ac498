using BareBert.Bert;

namespace BareBert.Cli.Display;

/// <summary>Shows a run while it goes on; disposed of when it ends.</summary>
internal interface ITrainingDisplay : ITrainingObserver, IDisposable;

/// <summary>Shows nothing.</summary>
internal sealed class SilentDisplay : ITrainingDisplay
{
    public void OnStep(in TrainingProgress progress) { }

    public void Dispose() { }
}
