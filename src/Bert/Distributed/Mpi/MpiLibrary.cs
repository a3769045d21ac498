using System.Runtime.InteropServices;
using System.Text;

namespace BareBert.Bert.Distributed.Mpi;

/// <summary>
/// The functions of MPI that are needed, found when they are: of Open MPI, whose handles are addresses of what it exports, and of MPICH and those of
/// its ABI (Intel MPI, MVAPICH, Cray's), whose handles are numbers.
/// </summary>
/// <remarks>
/// A number is handed over in a register that is as wide as an address, and a request is given room for either, so one set of signatures
/// serves both.
/// </remarks>
internal sealed unsafe class MpiLibrary
{
    /// <summary>The environment variable that names a library, where it is not found by itself or is not the launcher's.</summary>
    public const string Variable = "BAREBERT_MPI";

    private const int ThreadSerialized = 2, LongestText = 8192;

    private static readonly string[] OpenMpi = ["libmpi.so.40", "libmpi.so.80", "libmpi.40.dylib"];
    private static readonly string[] Mpich = ["libmpich.so.12", "libmpi.so.12", "libmpich.so", "libmpi.12.dylib"];

    private readonly delegate* unmanaged<int*, byte***, int, int*, int> _initThread;
    private readonly delegate* unmanaged<int*, int> _initialized;
    private readonly delegate* unmanaged<int> _finalize;
    private readonly delegate* unmanaged<nint, int, int> _abort;
    private readonly delegate* unmanaged<nint, int*, int> _commRank, _commSize;
    private readonly delegate* unmanaged<nint, nint, int> _setErrorHandler;
    private readonly delegate* unmanaged<nint, int, nint, int, int, nint, nint*, int> _send, _receive;
    private readonly delegate* unmanaged<nint*, int*, nint, int> _test;
    private readonly delegate* unmanaged<int, byte*, int*, int> _errorText;
    private readonly nint _world, _byte, _errorsReturn, _statusIgnore;

    private MpiLibrary(string path, nint library)
    {
        Path = path;
        nint Function(string name) => NativeLibrary.GetExport(library, name);
        IsOpenMpi = NativeLibrary.TryGetExport(library, "ompi_mpi_comm_world", out nint world);
        (_world, _byte, _errorsReturn, _statusIgnore) = IsOpenMpi
            ? (world, Function("ompi_mpi_byte"), Function("ompi_mpi_errors_return"), 0)
            : (0x44000000, 0x4c00010d, 0x54000001, 1); // fixed by the MPICH ABI
        _initThread = (delegate* unmanaged<int*, byte***, int, int*, int>)Function("MPI_Init_thread");
        _initialized = (delegate* unmanaged<int*, int>)Function("MPI_Initialized");
        _finalize = (delegate* unmanaged<int>)Function("MPI_Finalize");
        _abort = (delegate* unmanaged<nint, int, int>)Function("MPI_Abort");
        _commRank = (delegate* unmanaged<nint, int*, int>)Function("MPI_Comm_rank");
        _commSize = (delegate* unmanaged<nint, int*, int>)Function("MPI_Comm_size");
        _setErrorHandler = (delegate* unmanaged<nint, nint, int>)Function("MPI_Comm_set_errhandler");
        _send = (delegate* unmanaged<nint, int, nint, int, int, nint, nint*, int>)Function("MPI_Isend");
        _receive = (delegate* unmanaged<nint, int, nint, int, int, nint, nint*, int>)Function("MPI_Irecv");
        _test = (delegate* unmanaged<nint*, int*, nint, int>)Function("MPI_Test");
        _errorText = (delegate* unmanaged<int, byte*, int*, int>)Function("MPI_Error_string");
        Version = ReadVersion((delegate* unmanaged<byte*, int*, int>)Function("MPI_Get_library_version"));
    }

    /// <summary>Which library it is.</summary>
    public string Path { get; }

    /// <summary>As it calls itself, in a few words: "Open MPI 4.1.4".</summary>
    public string Version { get; }

    /// <summary>Whether it is Open MPI; else it is of MPICH's ABI.</summary>
    public bool IsOpenMpi { get; }

    /// <summary>This process's number.</summary>
    public int Rank => Number(_commRank);

    /// <summary>The number of processes.</summary>
    public int Size => Number(_commSize);

    /// <summary>Finds a library; null: there is none.</summary>
    /// <param name="prefersMpich">Whether MPICH's launcher started the process.</param>
    /// <exception cref="InputException">The one that <see cref="Variable"/> names cannot be loaded.</exception>
    public static MpiLibrary? Find(bool prefersMpich)
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named)
        {
            return TryLoad(named) ?? throw new InputException($"{Variable} names no MPI library that can be loaded: {named}; give the path of libmpi.so or libmpich.so");
        }
        string[] names = prefersMpich ? [.. Mpich, .. OpenMpi, "libmpi.so"] : [.. OpenMpi, "libmpi.so", .. Mpich];
        return names.Select(TryLoad).FirstOrDefault(library => library is not null);
    }

    /// <summary>All that this machine has.</summary>
    public static IReadOnlyList<MpiLibrary> All() =>
        [.. new[] { Find(prefersMpich: false), Find(prefersMpich: true) }.OfType<MpiLibrary>().DistinctBy(library => library.Version)];

    /// <summary>Starts MPI, so that any thread may call it, one at a time; errors are returned, and thrown here.</summary>
    /// <exception cref="RunException">It cannot.</exception>
    public void Initialise()
    {
        int done, provided;
        Require(_initialized(&done));
        if (done == 0)
        {
            Require(_initThread(null, null, ThreadSerialized, &provided));
            if (provided < ThreadSerialized)
                throw new RunException($"this MPI can be called from one thread alone: {Version}; install one that is built with threads");
        }
        Require(_setErrorHandler(_world, _errorsReturn));
    }

    /// <summary>Ends MPI, once all processes come to it.</summary>
    public void Finish() => _finalize();

    /// <summary>Ends all processes at once.</summary>
    public void Abort(int exitCode) => _abort(_world, exitCode);

    /// <summary>Begins to send.</summary>
    public void Send(nint address, int bytes, int peer, nint* request) => Require(_send(address, bytes, _byte, peer, 0, _world, request));

    /// <summary>Begins to receive.</summary>
    public void Receive(nint address, int bytes, int peer, nint* request) => Require(_receive(address, bytes, _byte, peer, 0, _world, request));

    /// <summary>Whether something that was begun is done; also what lets MPI get on.</summary>
    public bool IsDone(nint* request)
    {
        int done;
        Require(_test(request, &done, _statusIgnore));
        return done != 0;
    }

    private static MpiLibrary? TryLoad(string path)
    {
        try
        {
            return NativeLibrary.TryLoad(path, out nint library) ? new MpiLibrary(path, library) : null;
        }
        catch (EntryPointNotFoundException)
        {
            return null; // some other library of that name
        }
    }

    private int Number(delegate* unmanaged<nint, int*, int> function)
    {
        int number;
        Require(function(_world, &number));
        return number;
    }

    private void Require(int code)
    {
        if (code == 0)
            return;
        byte* text = stackalloc byte[LongestText];
        int length = 0;
        string said = _errorText(code, text, &length) == 0 ? Encoding.UTF8.GetString(text, length).ReplaceLineEndings(" ") : $"error {code}";
        throw new RunException($"{Version} failed: {said}; another process or its host may be gone");
    }

    // "Open MPI v4.1.4, package: …" and "MPICH Version:      4.0.2 …", each with much behind it.
    private static string ReadVersion(delegate* unmanaged<byte*, int*, int> function)
    {
        byte* text = stackalloc byte[LongestText];
        int length = 0;
        function(text, &length);
        string first = Encoding.UTF8.GetString(text, length).Split('\n', ',')[0];
        return string.Join(' ', first.Replace("Version:", "", StringComparison.Ordinal).Replace(" v", " ", StringComparison.Ordinal).Split((char[])[' ', '\t', '\0'], StringSplitOptions.RemoveEmptyEntries));
    }
}
