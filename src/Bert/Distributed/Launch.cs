using System.Globalization;
using BareBert.Bert.Distributed.Mpi;

namespace BareBert.Bert.Distributed;

/// <summary>What a launcher said to the processes that it started, in their environment. Nothing is loaded to read it.</summary>
/// <param name="Launcher">Which it is, for people.</param>
/// <param name="Rank">This process's number, from 0.</param>
/// <param name="Size">How many it started.</param>
public sealed record Launch(string Launcher, int Rank, int Size)
{
    // Rank and size as each launcher says them. Within a Slurm step MPI's own variables may be there too: they come first.
    private static readonly (string Launcher, string Rank, string Size)[] Known =
    [
        ("Open MPI", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
        ("MPICH", "PMI_RANK", "PMI_SIZE"),
        ("Slurm", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS"),
    ];

    /// <summary>What the launcher said; null: the process was started by itself, or is the only one.</summary>
    public static Launch? Find() => Known.Select(known => Of(known.Launcher, Number(known.Rank), Number(known.Size))).FirstOrDefault(launch => launch is not null);

    /// <summary>Joins the other processes.</summary>
    /// <exception cref="InputException">There is no MPI library, or another than the launcher's.</exception>
    /// <exception cref="RunException">MPI cannot be started.</exception>
    public IProcessGroup Join()
    {
        MpiLibrary mpi = MpiLibrary.Find(prefersMpich: Launcher == "MPICH")
            ?? throw new InputException($"{Launcher} started {Size} processes, and there is no MPI library here: install libopenmpi3 or libmpich12, or name it in {MpiLibrary.Variable}");
        var group = new MpiGroup(mpi);
        if (group.Size == Size)
            return group;
        throw new InputException($"{Launcher} started {Size} processes, and {mpi.Version} ({mpi.Path}) sees {group.Size}: it is not the launcher's; name that one's library in {MpiLibrary.Variable}");
    }

    private static Launch? Of(string launcher, int? rank, int? size) => rank is >= 0 && size > 1 && rank < size ? new Launch(launcher, rank.Value, size.Value) : null;

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
}
