namespace BareBert.Cli.Display;

/// <summary>Shows a run while it goes on; disposed of when it ends.</summary>
internal interface ITrainingDisplay : ITrainingObserver, IDisposable;
