namespace BareBert.Bert.Distributed;

/// <summary>Which processes of a group share a machine.</summary>
/// <param name="LocalRank">This process's number among those of its machine, from 0.</param>
/// <param name="LocalSize">Processes of its machine.</param>
internal sealed record HostLayout(int LocalRank, int LocalSize)
{
    private const string Cuda = "cuda";

    /// <summary>Threads that suit one of a machine's processes: its own processors where the launcher has bound it to some, else an equal share of all.</summary>
    public int Threads { get; private init; }

    /// <summary>Asks all processes.</summary>
    public static HostLayout Of(IProcessGroup group)
    {
        string here = $"{Environment.MachineName}\n{Bound()}";
        string[] all = group.GatherTexts(here), hosts = [.. all.Select(one => one.Split('\n')[0])];
        int[] local = [.. Enumerable.Range(0, group.Size).Where(rank => hosts[rank] == hosts[group.Rank])];
        int sharing = local.Count(rank => all[rank] == here); // those that are bound otherwise have processors of their own
        return new HostLayout(Array.IndexOf(local, group.Rank), local.Length) { Threads = Math.Max(1, Environment.ProcessorCount / sharing) };
    }

    /// <summary>The device of one of a machine's processes: of GPUs without a number it is that of the process's own number on its machine.</summary>
    /// <param name="device">As for all.</param>
    /// <param name="gpus">How many this process sees. One: it has been given one of its own.</param>
    /// <param name="told">Its number on its machine as a launcher says it (LOCAL_RANK); null: none did.</param>
    /// <exception cref="InputException">There are fewer GPUs than processes.</exception>
    public string DeviceOf(string device, int gpus, string? told)
    {
        if (device != Cuda || LocalSize == 1 || gpus <= 1)
            return device;
        int own = int.TryParse(told, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out int number) ? number : LocalRank;
        return own < gpus ? $"{Cuda}:{own}"
            : throw new InputException($"{Environment.MachineName} has {gpus} GPUs and more processes: start {gpus} on it, or fewer");
    }

    // The processors that this process may run on.
    private static string Bound()
    {
        if (!OperatingSystem.IsLinux() && !OperatingSystem.IsWindows())
            return "";
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        return process.ProcessorAffinity.ToString("x");
    }
}
