using System.Globalization;
using BareBert.Bert.Distributed.Mpi;
using BareBert.Bert.Distributed.Tcp;

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

    /// <summary>Where the processes meet, where that was said; null: MPI brings them together.</summary>
    internal MeetingPlace? Place { get; init; }

    /// <summary>Whether MPI brings the processes together.</summary>
    public bool NeedsMpi => Place is null && Trouble is null;

    /// <summary>What is wrong with what was said; null: nothing.</summary>
    internal string? Trouble { get; init; }

    /// <summary>What the launcher said; null: the process was started by itself, or is the only one.</summary>
    /// <remarks>
    /// Where torchrun's four variables are there, they count, whatever else is: whoever sets them beside MPI's or Slurm's has started the process
    /// from one of theirs, or wants it to do without MPI.
    /// </remarks>
    public static Launch? Find() => Find(Environment.GetEnvironmentVariable);

    /// <summary>The same, of variables that a function gives.</summary>
    internal static Launch? Find(Func<string, string?> variable) =>
        TorchrunVariables.Find(variable, isWhole: true)
        ?? Known.Select(known => Of(known.Launcher, Number(variable(known.Rank)), Number(variable(known.Size)))).FirstOrDefault(launch => launch is not null)
        ?? TorchrunVariables.Find(variable, isWhole: false);

    /// <summary>Joins the other processes.</summary>
    /// <param name="notice">Is told, in process 0, for whom it waits.</param>
    /// <exception cref="InputException">What was said to the processes does not go together, or there is no MPI library, or another than the launcher's.</exception>
    /// <exception cref="RunException">MPI cannot be started, or one of the processes does not come.</exception>
    public IProcessGroup Join(Action<string>? notice = null)
    {
        if (Trouble is not null)
            throw new InputException(Trouble).Agreed();
        return Place is not null ? new TcpMeeting(Place, Rank, Size, notice).Join() : JoinMpi();
    }

    private MpiGroup JoinMpi()
    {
        MpiLibrary mpi = MpiLibrary.Find(prefersMpich: Launcher == "MPICH")
            ?? throw new InputException($"{Launcher} started {Size} processes, and there is no MPI library here: install libopenmpi3 or libmpich12, or name it in {MpiLibrary.Variable}; or set RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT, and none is needed").Agreed();
        var group = new MpiGroup(mpi);
        if (group.Size == Size)
            return group;
        throw new InputException($"{Launcher} started {Size} processes, and {mpi.Version} ({mpi.Path}) sees {group.Size}: it is not the launcher's; name that one's library in {MpiLibrary.Variable}").Agreed();
    }

    private static Launch? Of(string launcher, int? rank, int? size) => rank is >= 0 && size > 1 && rank < size ? new Launch(launcher, rank.Value, size.Value) : null;

    private static int? Number(string? text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
}
