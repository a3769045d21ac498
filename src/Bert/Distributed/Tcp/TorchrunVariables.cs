using System.Globalization;
using System.Net;

namespace BareBert.Bert.Distributed.Tcp;

/// <summary>The variables by which torchrun, and many that start processes as it does, say to a process which it is and where process 0 is found.</summary>
internal static class TorchrunVariables
{
    private const string Rank = "RANK", Size = "WORLD_SIZE", Host = "MASTER_ADDR", Port = "MASTER_PORT";

    // torchrun listens at MASTER_PORT itself where this is True, for its own programs.
    private const string IsPortTaken = "TORCHELASTIC_USE_AGENT_STORE";

    /// <summary>What they say; null: nothing of several processes.</summary>
    /// <param name="variable">Gives a variable.</param>
    /// <param name="isWhole">Whether all four have to be there; else the first two are enough to complain of the rest.</param>
    public static Launch? Find(Func<string, string?> variable, bool isWhole)
    {
        string? Of(string name) => variable(name) is { Length: > 0 } text ? text : null;
        string[] missing = [.. new[] { Rank, Size, Host, Port }.Where(name => Of(name) is null)];
        if (Of(Rank) is not string rankText || Of(Size) is not string sizeText || (isWhole && missing.Length > 0) || sizeText == "1")
            return null;
        const string Launcher = "a launcher (RANK, WORLD_SIZE)";
        if (!Number(rankText, out int rank) || !Number(sizeText, out int size) || rank >= size)
            return Wrong($"RANK {rankText} and WORLD_SIZE {sizeText} do not go together: WORLD_SIZE is the number of processes, and RANK each one's own, from 0 to WORLD_SIZE - 1");
        if (missing.Length > 0)
            return Wrong($"WORLD_SIZE {size} is set without {string.Join(" and ", missing)}: set these to a host and a port at which process 0 is found, or unset WORLD_SIZE and RANK to work with one process") with { Rank = rank, Size = size };
        if (!Number(Of(Port)!, out int port) || port is < 1 or > IPEndPoint.MaxPort)
            return Wrong($"MASTER_PORT {Of(Port)} is no port: give one from 1 to {IPEndPoint.MaxPort}") with { Rank = rank, Size = size };
        if (string.Equals(Of(IsPortTaken), "True", StringComparison.OrdinalIgnoreCase))
            port = port < IPEndPoint.MaxPort ? port + 1 : port - 1;
        try
        {
            return new Launch(Launcher, rank, size) { Place = new MeetingPlace(Of(Host)!, port) { Limit = MeetingPlace.LimitOf(Of(MeetingPlace.Variable)) } };
        }
        catch (InputException e)
        {
            return Wrong(e.Message) with { Rank = rank, Size = size };
        }

        // Of one number, so that somebody says it.
        static Launch Wrong(string trouble) => new(Launcher, 0, 2) { Trouble = trouble };
    }

    private static bool Number(string text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
