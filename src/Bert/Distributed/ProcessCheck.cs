using System.Diagnostics;
using System.Runtime.InteropServices;
using BareBert.Bert.Distributed.Mpi;

namespace BareBert.Bert.Distributed;

/// <summary>Whether processes reach each other: each sends numbers to each, and looks at what it gets.</summary>
public static class ProcessCheck
{
    private const int Numbers = 1 << 18;

    /// <summary>The MPI libraries of this machine: what they call themselves, and which file they are.</summary>
    /// <exception cref="InputException">The one that is named in the environment cannot be loaded.</exception>
    public static IReadOnlyList<(string Version, string Path)> Libraries() => [.. MpiLibrary.All().Select(mpi => (mpi.Version, mpi.Path))];

    /// <summary>Lets all send to all.</summary>
    /// <param name="group">Its members all call this.</param>
    /// <returns>What came of it, in one line.</returns>
    /// <exception cref="RunException">Something else arrived than was sent.</exception>
    public static string Run(IProcessGroup group)
    {
        var mine = new int[Numbers];
        for (int i = 0; i < mine.Length; i++)
            mine[i] = ValueOf(group.Rank, i);
        var all = new int[(long)Numbers * group.Size];
        group.Gather<int>(mine, all); // the first time connections are made
        long start = Stopwatch.GetTimestamp();
        group.Gather<int>(mine, all);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        group.Turn(_ => true, () =>
        {
            for (int i = 0; i < all.Length; i++)
            {
                if (all[i] != ValueOf(i / Numbers, i % Numbers))
                    throw new RunException($"{group.Name} brought something else from process {i / Numbers} than was sent");
            }
            return "";
        });
        string hosts = string.Join(", ", group.GatherTexts(Environment.MachineName).CountBy(host => host).Select(host => $"{host.Value} on {host.Key}"));
        double bytes = (double)Numbers * sizeof(int) * (group.Size - 1);
        return $"{group.Size} processes by {group.Name} ({hosts}): each reaches each; {bytes / seconds / 1e9:F2} GB/s sent by each at once";
    }

    private static int ValueOf(int rank, int index) => unchecked(rank * 0x3C6EF372 + index * 0x5BD1E995);
}
