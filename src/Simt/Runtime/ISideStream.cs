namespace BareBert.Simt;

/// <summary>A second queue of a device's work, for what runs beside the first: work that a library queues by itself, given <see cref="Handle"/>.</summary>
public interface ISideStream : IDisposable
{
    /// <summary>CUDA's handle, once the calling thread is in the device's context; 0: work on it is done at once.</summary>
    nint Handle { get; }

    /// <summary>Whether all that was queued here is done.</summary>
    /// <exception cref="SimtFaultException">A kernel did something it must not.</exception>
    bool IsDone { get; }

    /// <summary>Has what is queued here from now on wait for all work that the device was asked for so far.</summary>
    void Fork();
}
