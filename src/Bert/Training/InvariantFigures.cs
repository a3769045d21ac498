using System.Globalization;

namespace BareBert.Bert.Training;

/// <summary>While it is there, what this thread writes has the same figures whatever the culture of the caller: a run's files are not his alone.</summary>
internal readonly struct InvariantFigures : IDisposable
{
    private readonly CultureInfo _before = CultureInfo.CurrentCulture;

    public InvariantFigures() => CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;

    public void Dispose() => CultureInfo.CurrentCulture = _before;
}
