using System.Net;
using BareBert.Bert.Checkpoints;

namespace BareBert.Watch;

/// <summary>What is watched, and where the page is.</summary>
public sealed record WatchOptions
{
    /// <summary>A folder of runs, or a run; it need not be there yet.</summary>
    public string Root { get; init; } = "runs";

    /// <summary>The address to listen on: this machine alone unless another one of its addresses, or 0.0.0.0 for all, is given.</summary>
    public string Host { get; init; } = "localhost";

    /// <summary>The port; 0: any that is free.</summary>
    public int Port { get; init; } = 7770;

    internal IPAddress Address => Host == "localhost" ? IPAddress.Loopback
        : IPAddress.TryParse(Host, out IPAddress? address) ? address
        : throw new InputException($"`{nameof(Host)}` {Host} is no address: give localhost, or an address of this machine as 192.168.0.7");
}
