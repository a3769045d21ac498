namespace BareBert.Simt;

/// <summary>Work recorded by <see cref="ISimtDevice.Capture"/>.</summary>
public interface IDeviceGraph : IDisposable
{
    /// <summary>Queues the recorded work again, with the same arguments and addresses.</summary>
    void Replay();
}
