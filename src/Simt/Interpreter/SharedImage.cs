using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace BareBert.Simt;

/// <summary>A group's shared memory, and who touched which part of it when.</summary>
/// <remarks>
/// Time is counted in epochs: each barrier of the group starts a new one. An access races with an earlier one of the same epoch by
/// another thread if one of them writes. Two threads of one warp are also ordered by a barrier of the warp. Memory is watched in
/// grains: as many bytes as the kernel's smallest access to it.
/// </remarks>
internal sealed unsafe class SharedImage : IDisposable
{
    private const int Nobody = -1, Many = -2, ManyWarps = -3, Atomics = -4;

    private struct Grain
    {
        public int WriteEpoch, ReadEpoch, WriteSync, ReadSync;
        public int Writer, Reader, ReaderWarp;
        public int WriteLine, ReadLine;
        public bool IsPending;
    }

    private readonly byte* bytes;
    private readonly Grain[] grains;
    private readonly (uint Start, uint Bytes)[] arrays;
    private readonly int grainShift;
    private readonly bool checkRaces;
    private readonly uint size;
    private int firstEpoch;
    private int epoch;

    /// <param name="arrays">The declared arrays; what lies between them must not be touched.</param>
    /// <param name="grain">Bytes of the smallest access.</param>
    public SharedImage(List<(uint Start, uint Bytes)> arrays, int grain, bool checkRaces)
    {
        this.arrays = [.. arrays.Where(array => array.Bytes > 0)];
        this.checkRaces = checkRaces;
        size = this.arrays.Length == 0 ? 0 : this.arrays.Max(array => array.Start + array.Bytes);
        grainShift = BitOperations.Log2((uint)grain);
        bytes = (byte*)NativeMemory.AlignedAlloc(size + 128, 128);
        grains = new Grain[(size >> grainShift) + 1];
    }

    /// <summary>A new group begins: all is uninitialised.</summary>
    public void Begin() => firstEpoch = ++epoch;

    /// <summary>All threads of the group have met.</summary>
    public void Barrier() => epoch++;

    /// <summary>Checks that an access lies inside an array and is aligned; null if so, else what is wrong.</summary>
    public string? CheckRange(uint address, int width)
    {
        if (address % (uint)width != 0)
            return $"shared address {address} is no multiple of {width}";
        return IsInside(address, (uint)width) ? null : $"shared address {address} (+{width}) lies outside the group's shared arrays ("
            + string.Join(", ", arrays.Select(array => $"{array.Start}..{array.Start + array.Bytes - 1}")) + ")";
    }

    /// <summary>Whether all of a range lies in one array.</summary>
    public bool IsInside(uint address, uint length)
    {
        foreach ((uint start, uint bytes) in arrays)
            if (address >= start && (ulong)address - start + length <= bytes)
                return true;
        return false;
    }

    public byte* At(uint address) => bytes + address;

    /// <summary>Notes a read of bytes that <see cref="CheckRange"/> allowed; null if it is in order, else what is wrong.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public string? Read(uint address, int width, EmulatedWarp warp, int thread, int line)
    {
        int end = (int)((address + (uint)width - 1) >> grainShift);
        for (int i = (int)(address >> grainShift); i <= end; i++)
        {
            ref Grain grain = ref grains[i];
            if (grain.WriteEpoch < firstEpoch || grain.IsPending)
                return grain.IsPending ? "a read of shared memory that a cp.async is still writing" : "a read of shared memory that was never written";
            if (!checkRaces)
                continue;
            if (grain.WriteEpoch == epoch && grain.Writer != thread && !Ordered(grain.Writer, grain.WriteSync, warp))
                return Race("read", "written", grain.Writer, grain.WriteLine);
            NoteReader(ref grain, warp, thread, line);
        }
        return null;
    }

    private void NoteReader(ref Grain grain, EmulatedWarp warp, int thread, int line)
    {
        bool first = grain.ReadEpoch != epoch;
        if (first)
            (grain.Reader, grain.ReaderWarp) = (thread, warp.Index);
        else if (grain.ReaderWarp != warp.Index)
            grain.Reader = ManyWarps;
        else if (grain.Reader != thread && grain.Reader != ManyWarps)
            grain.Reader = Many;
        (grain.ReadEpoch, grain.ReadSync, grain.ReadLine) = (epoch, warp.SyncEpoch, line);
    }

    /// <summary>Notes a write; null if it is in order, else what is wrong.</summary>
    /// <param name="same">The bytes already hold what is written: two lanes of one instruction agreeing is no race.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public string? Write(uint address, int width, EmulatedWarp warp, int thread, int line, bool same = false, bool atomic = false)
    {
        int end = (int)((address + (uint)width - 1) >> grainShift);
        int writer = atomic ? Atomics : thread;
        for (int i = (int)(address >> grainShift); i <= end; i++)
        {
            ref Grain grain = ref grains[i];
            if (atomic && grain.WriteEpoch < firstEpoch)
                return "an atomic on shared memory that was never written";
            if (checkRaces)
            {
                bool agrees = same && grain.WriteLine == line && grain.WriteSync == warp.SyncEpoch && grain.Writer / EmulatedWarp.Lanes == warp.Index;
                if (grain.WriteEpoch == epoch && grain.Writer != writer && !agrees && !Ordered(grain.Writer, grain.WriteSync, warp))
                    return Race("written", "written", grain.Writer, grain.WriteLine);
                if (grain.ReadEpoch == epoch && grain.Reader != thread && !ReadersOrdered(grain, warp))
                    return Race("written", "read", grain.Reader, grain.ReadLine);
            }
            (grain.WriteEpoch, grain.WriteSync, grain.Writer, grain.WriteLine) = (epoch, warp.SyncEpoch, writer, line);
        }
        return null;
    }

    /// <summary>Marks bytes as being written by a <c>cp.async</c>, or as written now.</summary>
    public void SetPending(uint address, int width, bool pending)
    {
        for (uint i = address >> grainShift; i <= (address + (uint)width - 1) >> grainShift; i++)
            grains[i].IsPending = pending;
    }

    private static bool Ordered(int writer, int sync, EmulatedWarp warp) =>
        writer >= 0 && writer / EmulatedWarp.Lanes == warp.Index && sync < warp.SyncEpoch;

    private static bool ReadersOrdered(in Grain grain, EmulatedWarp warp) =>
        grain.Reader != ManyWarps && grain.ReaderWarp == warp.Index && grain.ReadSync < warp.SyncEpoch;

    private static string Race(string now, string before, int thread, int line) => $"a race: shared memory is {now} that "
        + (thread switch
        {
            Many or ManyWarps => "other threads",
            Atomics => "an atomic",
            _ => $"thread {thread}",
        }) + $" has {before} (PTX line {line}), with no barrier in between";

    public void Dispose() => NativeMemory.AlignedFree(bytes);
}
