using System.Runtime.InteropServices;

namespace BareBert.Simt;

/// <summary>NCCL's library: the functions used here, by their C names. Found when it is asked for; nothing of it is needed by who uses one GPU.</summary>
public sealed unsafe class NcclLibrary
{
    /// <summary>The environment variable that names a library, where it is not found by itself.</summary>
    public const string Variable = "BAREBERT_NCCL";

    /// <summary>Bytes of what processes find each other by.</summary>
    public const int IdBytes = 128;

    // Codes of results.
    internal const int Success = 0, InProgress = 7;

    private static readonly string[] Names = ["libnccl.so.2", "libnccl.so"];

    private readonly delegate* unmanaged<byte*, int> _getUniqueId;
    private readonly delegate* unmanaged<int, byte*> _getErrorString;
    private readonly delegate* unmanaged<nint, byte*> _getLastError; // since 2.13

    private NcclLibrary(string path, Func<string, nint> find)
    {
        nint Function(string name) => find(name) is not 0 and nint address ? address : throw new EntryPointNotFoundException(name);
        _getUniqueId = (delegate* unmanaged<byte*, int>)Function("ncclGetUniqueId");
        _getErrorString = (delegate* unmanaged<int, byte*>)Function("ncclGetErrorString");
        _getLastError = (delegate* unmanaged<nint, byte*>)find("ncclGetLastError");
        CommInitRank = (delegate* unmanaged<nint*, int, UniqueId, int, int>)Function("ncclCommInitRank");
        CommDestroy = (delegate* unmanaged<nint, int>)Function("ncclCommDestroy");
        CommAbort = (delegate* unmanaged<nint, int>)Function("ncclCommAbort");
        CommGetAsyncError = (delegate* unmanaged<nint, int*, int>)Function("ncclCommGetAsyncError");
        AllReduce = (delegate* unmanaged<ulong, ulong, nuint, int, int, nint, nint, int>)Function("ncclAllReduce");
        int version = 0;
        Check(((delegate* unmanaged<int*, int>)Function("ncclGetVersion"))(&version), "asking for the version", 0);
        (Path, Version) = (path, Decode(version));
    }

    internal readonly delegate* unmanaged<nint*, int, UniqueId, int, int> CommInitRank;
    internal readonly delegate* unmanaged<nint, int> CommDestroy, CommAbort;
    internal readonly delegate* unmanaged<nint, int*, int> CommGetAsyncError;
    internal readonly delegate* unmanaged<ulong, ulong, nuint, int, int, nint, nint, int> AllReduce;

    /// <summary>Which file it is.</summary>
    public string Path { get; }

    /// <summary>As NVIDIA counts: 2.21.5.</summary>
    public Version Version { get; }

    /// <summary>Finds the library; null with the reason where there is none.</summary>
    /// <exception cref="InputException">The one that <see cref="Variable"/> names cannot be loaded.</exception>
    public static NcclLibrary? Find(out string reason)
    {
        reason = "";
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named)
            return Load(named) ?? throw new InputException($"{Variable} names no NCCL library that can be loaded: {named}; give the path of libnccl.so.2");
        if (Names.Select(Load).FirstOrDefault(found => found is not null) is { } library)
            return library;
        reason = $"no NCCL: {Names[0]} was not found; install NVIDIA's package libnccl2, or name the file in {Variable}";
        return null;
    }

    /// <summary>Loads a file; null: it cannot be loaded, or is something else.</summary>
    internal static NcclLibrary? Load(string path)
    {
        if (!NativeLibrary.TryLoad(path, out nint library))
            return null;
        try
        {
            return new NcclLibrary(FileOf(path), name => NativeLibrary.TryGetExport(library, name, out nint address) ? address : 0);
        }
        catch (EntryPointNotFoundException)
        {
            return null;
        }
    }

    /// <summary>What processes find each other by: one of them makes it and tells the others.</summary>
    /// <returns>[<see cref="IdBytes"/>].</returns>
    /// <exception cref="RunException">NCCL does not start.</exception>
    public byte[] NewId()
    {
        var id = new byte[IdBytes];
        fixed (byte* to = id)
            Check(_getUniqueId(to), "making an id", 0);
        return id;
    }

    /// <summary>Throws if a call failed.</summary>
    /// <exception cref="RunException">It did: the message is NCCL's.</exception>
    internal void Check(int result, string doing, nint communicator)
    {
        if (result is Success or InProgress)
            return;
        string said = Marshal.PtrToStringUTF8((nint)_getErrorString(result)) ?? $"error {result}";
        string? more = _getLastError is null ? null : Marshal.PtrToStringUTF8((nint)_getLastError(communicator));
        throw new RunException($"NCCL {Version}: {doing}: {said}{(string.IsNullOrWhiteSpace(more) ? "" : $" ({more.Trim().ReplaceLineEndings(" ")})")}; "
            + "another process or its host may be gone, or two processes may have the same GPU; NCCL_DEBUG=WARN has it say more");
    }

    // Until 2.8 there was one digit less.
    private static Version Decode(int version) =>
        version >= 10000 ? new Version(version / 10000, version / 100 % 100, version % 100) : new Version(version / 1000, version / 100 % 10, version % 100);

    // What the loader found, for people.
    private static string FileOf(string name)
    {
        if (name.Contains('/', StringComparison.Ordinal) || !OperatingSystem.IsLinux())
            return name;
        string? line = File.ReadLines("/proc/self/maps").LastOrDefault(map => map.Contains("/libnccl.", StringComparison.Ordinal));
        return line is null ? name : line[line.IndexOf('/', StringComparison.Ordinal)..];
    }

    /// <summary>As NCCL takes it: by value.</summary>
    internal struct UniqueId
    {
        public fixed byte Bytes[IdBytes];
    }
}
