using System.Runtime.CompilerServices;

namespace BareBert.Simt;

/// <summary>Addresses: turning a lane's number into a place in the host's memory, checked.</summary>
internal abstract unsafe class MemoryInstruction(AddressSpace space, Source address, long offset) : StraightInstruction
{
    private GlobalMemory.Allocation? lastBlock;

    protected AddressSpace Space => space;

    /// <summary>The lane's address in the instruction's space.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected ulong Address(EmulatedWarp warp, int lane) => space == AddressSpace.Global || address.IsWide
        ? ((ulong*)warp.At(address))[lane] + (ulong)offset
        : ((uint*)warp.At(address))[lane] + (uint)offset;

    /// <summary>Where <paramref name="width"/> bytes at the lane's address are, for an access of the given kind.</summary>
    /// <exception cref="SimtFaultException">They are nowhere, or must not be accessed so.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected byte* Resolve(EmulatedWarp warp, int lane, int width, bool isWrite)
    {
        ulong at = Address(warp, lane);
        return space switch
        {
            AddressSpace.Global => ResolveGlobal(warp, lane, at, width),
            AddressSpace.Shared => ResolveShared(warp, lane, (uint)at, width, isWrite),
            _ => ResolveLocal(warp, lane, (uint)at, width, isWrite),
        };
    }

    protected byte* ResolveGlobal(EmulatedWarp warp, int lane, ulong at, int width)
    {
        GlobalMemory.Allocation? block = lastBlock;
        if (block is null || !block.Contains(at, (ulong)width))
        {
            GlobalMemory memory = warp.Group.Memory;
            lastBlock = block = memory.Find(at, (ulong)width)
                ?? throw warp.Fault(this, lane, $"global address {memory.Describe(at)}: out of range");
        }
        if (at % (ulong)width != 0)
            throw warp.Fault(this, lane, $"global address 0x{at:x} is no multiple of {width}: misaligned");
        return (byte*)at;
    }

    /// <summary>Whether all lanes' accesses are aligned and lie in one buffer, one array, or the lanes' own memory: then they need not be
    /// looked at one by one. If not, going through them one by one finds out which is wrong, or that none is.</summary>
    /// <param name="places">Where each lane's bytes are.</param>
    protected bool TryResolveAll(EmulatedWarp warp, uint mask, int width, byte** places)
    {
        if (space == AddressSpace.Local)
            return false;
        ulong low = ulong.MaxValue, high = 0, all = 0;
        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            int lane = EmulatedWarp.First(rest);
            ulong at = Address(warp, lane);
            places[lane] = (byte*)at;
            low = Math.Min(low, at);
            high = Math.Max(high, at);
            all |= at;
        }
        if ((all & ((ulong)width - 1)) != 0)
            return false;
        if (space == AddressSpace.Global)
            return lastBlock?.Contains(low, high - low + (ulong)width) ?? false;
        SharedImage shared = warp.Group.Shared;
        if (!shared.IsInside((uint)low, (uint)(high - low) + (uint)width))
            return false;
        for (uint rest = mask; rest != 0; rest &= rest - 1)
            places[EmulatedWarp.First(rest)] = shared.At((uint)places[EmulatedWarp.First(rest)]);
        return true;
    }

    /// <summary>Notes the lanes' reads of shared memory.</summary>
    protected void NoteSharedReads(EmulatedWarp warp, uint mask, int width)
    {
        SharedImage shared = warp.Group.Shared;
        for (; mask != 0; mask &= mask - 1)
        {
            int lane = EmulatedWarp.First(mask);
            if (shared.Read((uint)Address(warp, lane), width, warp, warp.Thread(lane), Line) is { } problem)
                throw warp.Fault(this, lane, problem);
        }
    }

    private byte* ResolveShared(EmulatedWarp warp, int lane, uint at, int width, bool isWrite)
    {
        SharedImage shared = warp.Group.Shared;
        string? problem = shared.CheckRange(at, width);
        if (problem is null && !isWrite)
            problem = shared.Read(at, width, warp, warp.Thread(lane), Line);
        return problem is null ? shared.At(at) : throw warp.Fault(this, lane, problem);
    }

    private byte* ResolveLocal(EmulatedWarp warp, int lane, uint at, int width, bool isWrite)
    {
        byte* place = warp.Local.Access(lane, at, width, isWrite, out string? problem);
        return problem is null ? place : throw warp.Fault(this, lane, problem);
    }

    /// <summary>Notes a lane's write to shared memory, once the bytes are known.</summary>
    protected void NoteSharedWrite(EmulatedWarp warp, int lane, int width, bool same, bool atomic = false)
    {
        if (space == AddressSpace.Shared
            && warp.Group.Shared.Write((uint)Address(warp, lane), width, warp, warp.Thread(lane), Line, same, atomic) is { } problem)
            throw warp.Fault(this, lane, problem);
    }

    /// <summary>Counts how often a shared access has to be repeated because lanes want different words of one bank.</summary>
    protected void CountConflicts(EmulatedWarp warp, uint mask, int width)
    {
        if (space == AddressSpace.Shared && warp.Group.Options.CountBankConflicts)
            warp.Group.Conflicts.Count(Line, mask, width, lane => (uint)Address(warp, lane));
    }
}

/// <summary>Reads one number, or a vector of numbers, in each lane.</summary>
/// <typeparam name="TMemory">As it lies in memory.</typeparam>
/// <typeparam name="TRegister">As the register holds it: widened.</typeparam>
internal sealed unsafe class LoadInstruction<TMemory, TRegister>(
    AddressSpace space, int[] targets, Source address, long offset, Func<TMemory, TRegister> widen) : MemoryInstruction(space, address, offset)
    where TMemory : unmanaged where TRegister : unmanaged
{
    protected override void Apply(EmulatedWarp warp, uint mask)
    {
        int width = sizeof(TMemory) * targets.Length;
        CountConflicts(warp, mask, width);
        byte** places = stackalloc byte*[EmulatedWarp.Lanes];
        if (TryResolveAll(warp, mask, width, places))
        {
            if (Space == AddressSpace.Shared)
                NoteSharedReads(warp, mask, width);
        }
        else
        {
            for (uint rest = mask; rest != 0; rest &= rest - 1)
                places[EmulatedWarp.First(rest)] = Resolve(warp, EmulatedWarp.First(rest), width, isWrite: false);
        }
        for (int i = 0; i < targets.Length; i++)
            Read(places, mask, i, (TRegister*)warp.At(targets[i]));
    }

    private void Read(byte** places, uint mask, int element, TRegister* target)
    {
        for (; mask != 0; mask &= mask - 1)
        {
            int lane = EmulatedWarp.First(mask);
            TMemory value = ((TMemory*)places[lane])[element];
            target[lane] = typeof(TMemory) == typeof(TRegister) ? Unsafe.As<TMemory, TRegister>(ref value) : widen(value);
        }
    }
}

/// <summary>Writes one number, or a vector of numbers, in each lane.</summary>
internal sealed unsafe class StoreInstruction<TMemory, TRegister>(
    AddressSpace space, Source[] sources, Source address, long offset, Func<TRegister, TMemory> narrow) : MemoryInstruction(space, address, offset)
    where TMemory : unmanaged where TRegister : unmanaged
{
    protected override void Apply(EmulatedWarp warp, uint mask)
    {
        int width = sizeof(TMemory) * sources.Length;
        CountConflicts(warp, mask, width);
        byte** places = stackalloc byte*[EmulatedWarp.Lanes];
        bool resolved = TryResolveAll(warp, mask, width, places);
        for (; mask != 0; mask &= mask - 1)
        {
            int lane = EmulatedWarp.First(mask);
            var place = (TMemory*)(resolved ? places[lane] : Resolve(warp, lane, width, isWrite: true));
            bool same = true;
            for (int i = 0; i < sources.Length; i++)
            {
                TRegister register = ((TRegister*)warp.At(sources[i]))[lane];
                TMemory value = typeof(TMemory) == typeof(TRegister) ? Unsafe.As<TRegister, TMemory>(ref register) : narrow(register);
                same = same && Space == AddressSpace.Shared && SameBits(place[i], value);
                place[i] = value;
            }
            NoteSharedWrite(warp, lane, width, same);
        }
    }

    private static bool SameBits(TMemory a, TMemory b) =>
        new ReadOnlySpan<byte>(&a, sizeof(TMemory)).SequenceEqual(new ReadOnlySpan<byte>(&b, sizeof(TMemory)));
}

/// <summary>Reads, changes and writes in one step; lanes come one after the other.</summary>
internal sealed unsafe class AtomicInstruction<T>(
    AddressSpace space, int? target, Source address, long offset, Source value, Source? compare, Func<T, T, T> change)
    : MemoryInstruction(space, address, offset) where T : unmanaged, IEquatable<T>
{
    protected override void Apply(EmulatedWarp warp, uint mask)
    {
        for (; mask != 0; mask &= mask - 1)
        {
            int lane = EmulatedWarp.First(mask);
            var place = (T*)Resolve(warp, lane, sizeof(T), isWrite: true);
            NoteSharedWrite(warp, lane, sizeof(T), same: false, atomic: true);
            T old = *place;
            T given = ((T*)warp.At(value))[lane];
            if (compare is not { } expected)
                *place = change(old, given);
            else if (old.Equals(((T*)warp.At(expected))[lane]))
                *place = given;
            if (target is { } register)
                ((T*)warp.At(register))[lane] = old;
        }
    }
}

/// <summary>Starts a copy from global to shared memory; what lies beyond <c>valid</c> bytes becomes zero.</summary>
internal sealed unsafe class CopyAsyncInstruction(
    Source to, long toOffset, Source from, long fromOffset, int bytes, Source? valid) : MemoryInstruction(AddressSpace.Shared, to, toOffset)
{
    protected override void Apply(EmulatedWarp warp, uint mask)
    {
        SharedImage shared = warp.Group.Shared;
        CountConflicts(warp, mask, bytes);
        for (; mask != 0; mask &= mask - 1)
        {
            int lane = EmulatedWarp.First(mask);
            var target = (uint)Address(warp, lane);
            ulong source = ((ulong*)warp.At(from))[lane] + (ulong)fromOffset;
            int read = valid is { } size ? ((int*)warp.At(size))[lane] : bytes;
            Resolve(warp, lane, bytes, isWrite: true);
            if (read > 0)
                ResolveGlobal(warp, lane, source, bytes);
            NoteSharedWrite(warp, lane, bytes, same: false);
            shared.SetPending(target, bytes, true);
            warp.Copies.Add(lane, target, source, bytes, read, this);
        }
    }

    /// <summary>Does the copy, and has it count as a write of now.</summary>
    public static void Finish(EmulatedWarp warp, PendingCopy copy)
    {
        byte* target = warp.Group.Shared.At(copy.To);
        new Span<byte>(target, copy.Bytes).Clear();
        new ReadOnlySpan<byte>((void*)copy.From, copy.Valid).CopyTo(new Span<byte>(target, copy.Bytes));
        warp.Group.Shared.SetPending(copy.To, copy.Bytes, false);
        if (warp.Group.Shared.Write(copy.To, copy.Bytes, warp, warp.Thread(copy.Lane), copy.Instruction.Line) is { } problem)
            throw warp.Fault(copy.Instruction, copy.Lane, problem);
    }
}

/// <summary>cp.async.commit_group</summary>
internal sealed class CommitInstruction : StraightInstruction
{
    protected override void Apply(EmulatedWarp warp, uint mask) => warp.Copies.Commit(mask);
}

/// <summary>cp.async.wait_group</summary>
internal sealed class WaitInstruction(int inFlight) : StraightInstruction
{
    protected override void Apply(EmulatedWarp warp, uint mask)
    {
        foreach (PendingCopy copy in warp.Copies.Finish(mask, inFlight))
            CopyAsyncInstruction.Finish(warp, copy);
    }
}
