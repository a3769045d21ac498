using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace BareBert.Kernels;

/// <summary>Writes instructions of x86-64, those of its kinds that kernels need and .NET does not offer.</summary>
/// <remarks>
/// Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2, §2.1 (general instructions) and §2.7 (EVEX: vectors of 512 bits).
/// Vectors are numbers from 0 to 31.
/// </remarks>
internal sealed class Assembler
{
    private const int Element = 4, Vector128 = 16, Vector512 = 64; // Bytes that an operand in memory has: displacements count in these.

    private readonly List<byte> _code = [];

    /// <summary>What was written.</summary>
    public ReadOnlySpan<byte> Code => CollectionsMarshal.AsSpan(_code);

    /// <summary>Where the next instruction begins, in bytes from the first.</summary>
    public int Position => _code.Count;

    /// <summary>to = from.</summary>
    public void Move(Register to, Register from) => General(0x8B, (byte)to, from);

    /// <summary>to = 64 bits of memory.</summary>
    public void Load(Register to, Address from) => General(0x8B, (byte)to, from);

    /// <summary>to = the address itself.</summary>
    public void LoadAddress(Register to, Address from) => General(0x8D, (byte)to, from);

    /// <summary>to += value.</summary>
    public void Add(Register to, int value)
    {
        General(0x81, 0, to);
        Number(value);
    }

    /// <summary>Compares for <see cref="JumpIfEqual"/> and <see cref="JumpIfNotEqual"/>.</summary>
    public void Compare(Register left, Address right) => General(0x3B, (byte)left, right);

    /// <summary>Jumps forward, where the last two compared were equal.</summary>
    /// <returns>What <see cref="Land"/> is to be given.</returns>
    public int JumpIfEqual() => Jump(0x84);

    /// <summary>Jumps back to a position, where the last two compared were different.</summary>
    public void JumpIfNotEqual(int position) => Patch(Jump(0x85), position);

    /// <summary>Where a jump forward ends: here.</summary>
    public void Land(int jump) => Patch(jump, Position);

    /// <summary>Back to the caller, with the upper halves of vectors cleared: code that knows nothing of them is slow otherwise.</summary>
    public void Return() => _code.AddRange([0xC5, 0xF8, 0x77, 0xC3]);

    /// <summary>sums[i] += Σ left[4i+j]·right[4i+j], j from 0 to 3: bytes without a sign by bytes with one, in 32 bits (AVX512_VNNI's vpdpbusd).</summary>
    public void MultiplyAddBytes(int sums, int left, int right) => Vector(Map.Of0F38, Prefix.Of66, 0x50, sums, left, right);

    /// <summary>to = left·right, 32 bits each, of the products the lower 32.</summary>
    public void Multiply(int to, int left, int right) => Vector(Map.Of0F38, Prefix.Of66, 0x40, to, left, right);

    /// <summary>to = from·2^count, 32 bits each.</summary>
    public void ShiftLeft(int to, int from, int count)
    {
        Vector(Map.Of0F, Prefix.Of66, 0x72, 6, to, from);
        _code.Add((byte)count);
    }

    /// <summary>All lanes = 32 bits of memory.</summary>
    public void Broadcast(int to, Address from) => Vector(Map.Of0F38, Prefix.Of66, 0x58, to, 0, from, Element);

    /// <summary>to = 64 bytes of memory, aligned or not.</summary>
    public void Load(int to, Address from) => Vector(Map.Of0F, Prefix.None, 0x10, to, 0, from, Vector512);

    /// <summary>Whole numbers of 32 bits as floats, rounded to nearest.</summary>
    public void ToFloats(int to, int from) => Vector(Map.Of0F, Prefix.None, 0x5B, to, 0, from);

    /// <summary>Memory = a vector, aligned or not.</summary>
    public void Store(Address to, int from) => Vector(Map.Of0F, Prefix.None, 0x11, from, 0, to, Vector512);

    /// <summary>The lowest 16 bytes of a vector from memory, the rest zero.</summary>
    public void LoadQuarter(int to, Address from) => Vector(Map.Of0F, Prefix.None, 0x10, to, 0, from, Vector128, Length.Of128);

    /// <summary>Memory = the lowest 16 bytes of a vector.</summary>
    public void StoreQuarter(Address to, int from) => Vector(Map.Of0F, Prefix.None, 0x11, from, 0, to, Vector128, Length.Of128);

    private enum Map : byte { Of0F = 1, Of0F38 = 2 }

    private enum Prefix : byte { None = 0, Of66 = 1 }

    private enum Length : byte { Of128 = 0b00, Of512 = 0b10 }

    // REX.W opcode /r between registers.
    private void General(byte opcode, byte reg, Register other)
    {
        _code.AddRange([(byte)(0x48 | High(reg) << 2 | High((byte)other)), opcode]);
        Operand(reg, (byte)other);
    }

    // REX.W opcode /r with memory.
    private void General(byte opcode, byte reg, Address at)
    {
        _code.AddRange([(byte)(0x48 | High(reg) << 2 | High((byte)(at.Index ?? 0)) << 1 | High((byte)at.Base)), opcode]);
        Operand(reg, at, 1);
    }

    private void Vector(Map map, Prefix prefix, byte opcode, int reg, int second, int third)
    {
        Evex(map, prefix, opcode, reg, second, x: third >> 4, b: third >> 3 & 1, Length.Of512);
        Operand((byte)reg, (byte)third);
    }

    private void Vector(Map map, Prefix prefix, byte opcode, int reg, int second, Address at, int unit, Length length = Length.Of512)
    {
        Evex(map, prefix, opcode, reg, second, x: High((byte)(at.Index ?? 0)), b: High((byte)at.Base), length);
        Operand((byte)reg, at, unit);
    }

    // Four bytes before the opcode; bits of registers' numbers stand in them inverted.
    private void Evex(Map map, Prefix prefix, byte opcode, int reg, int second, int x, int b, Length length) => _code.AddRange(
    [
        0x62,
        (byte)((~reg >> 3 & 1) << 7 | (~x & 1) << 6 | (~b & 1) << 5 | (~reg >> 4 & 1) << 4 | (int)map),
        (byte)((~second & 15) << 3 | 1 << 2 | (int)prefix),
        (byte)((int)length << 5 | (~second >> 4 & 1) << 3),
        opcode,
    ]);

    private void Operand(byte reg, byte register) => _code.Add((byte)(0b11 << 6 | Low(reg) << 3 | Low(register)));

    // A displacement of one byte where it is a small multiple of the unit, of four otherwise.
    private void Operand(byte reg, Address at, int unit)
    {
        bool small = at.Displacement % unit == 0 && at.Displacement / unit is >= sbyte.MinValue and <= sbyte.MaxValue;
        int mode = at.Displacement == 0 ? 0b00 : small ? 0b01 : 0b10;
        if (at.Index is Register index)
            _code.AddRange([(byte)(mode << 6 | Low(reg) << 3 | 0b100), (byte)(BitOperations.Log2((uint)at.Scale) << 6 | Low((byte)index) << 3 | Low((byte)at.Base))]);
        else
            _code.Add((byte)(mode << 6 | Low(reg) << 3 | Low((byte)at.Base)));
        if (mode == 0b01)
            _code.Add((byte)(at.Displacement / unit));
        else if (mode == 0b10)
            Number(at.Displacement);
    }

    private int Jump(byte condition)
    {
        _code.AddRange([0x0F, condition]);
        Number(0);
        return Position;
    }

    private void Patch(int jump, int target) =>
        BinaryPrimitives.WriteInt32LittleEndian(CollectionsMarshal.AsSpan(_code)[(jump - sizeof(int))..], target - jump);

    private void Number(int value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        _code.AddRange(bytes);
    }

    private static int Low(byte register) => register & 7;

    private static int High(byte register) => register >> 3 & 1;
}
