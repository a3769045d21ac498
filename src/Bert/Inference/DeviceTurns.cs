using System.Runtime.CompilerServices;
using BareBert.Kernels;

namespace BareBert.Bert.Inference;

/// <summary>The turns that one user has at a device: one call at a time, whichever models on it are asked, and none once it is closed.</summary>
/// <param name="kernels">The device.</param>
/// <param name="user">Who takes turns.</param>
internal sealed class DeviceTurns(IKernels kernels, IDisposable user)
{
    private static readonly ConditionalWeakTable<IKernels, Lock> Locks = [];

    private readonly Lock _device = Locks.GetValue(kernels, _ => new Lock());
    private bool _isClosed;

    /// <summary>Waits for the device, which is the caller's until it gives the turn back.</summary>
    /// <exception cref="ObjectDisposedException">The user is disposed of.</exception>
    public Lock.Scope Take()
    {
        Lock.Scope turn = _device.EnterScope();
        if (!_isClosed)
            return turn;
        turn.Dispose();
        throw new ObjectDisposedException(user.GetType().FullName);
    }

    /// <summary>The last turn: disposes of what the user had, the first time that it is asked to.</summary>
    public void Close(params ReadOnlySpan<IDisposable?> belongings)
    {
        lock (_device)
        {
            if (_isClosed)
                return;
            _isClosed = true;
            foreach (IDisposable? one in belongings)
                one?.Dispose();
        }
    }
}
