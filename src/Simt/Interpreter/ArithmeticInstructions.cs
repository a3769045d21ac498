using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace BareBert.Simt;

/// <summary>d = a ∘ b, lane by lane.</summary>
internal sealed unsafe class BinaryInstruction<T, TOperation>(int d, Source a, Source b) : StraightInstruction
    where T : unmanaged where TOperation : IBinary<T>
{
    protected override void Apply(EmulatedWarp warp, uint mask)
    {
        T* x = (T*)warp.At(a), y = (T*)warp.At(b), result = (T*)warp.At(d);
        for (; mask != 0; mask &= mask - 1)
        {
            int lane = EmulatedWarp.First(mask);
            result[lane] = TOperation.Apply(x[lane], y[lane]);
        }
    }
}

/// <summary>d = a ∘ b, many lanes at once where all are active.</summary>
internal sealed unsafe class VectorBinaryInstruction<T, TOperation>(int d, Source a, Source b) : StraightInstruction
    where T : unmanaged where TOperation : IVectorBinary<T>
{
    protected override void Apply(EmulatedWarp warp, uint mask)
    {
        T* x = (T*)warp.At(a), y = (T*)warp.At(b), result = (T*)warp.At(d);
        if (mask == uint.MaxValue)
        {
            for (int lane = 0; lane < EmulatedWarp.Lanes; lane += Vector512<T>.Count)
                TOperation.Apply(Vector512.Load(x + lane), Vector512.Load(y + lane)).Store(result + lane);
            return;
        }
        for (; mask != 0; mask &= mask - 1)
        {
            int lane = EmulatedWarp.First(mask);
            result[lane] = TOperation.Apply(x[lane], y[lane]);
        }
    }
}

/// <summary>Shifts: the count is an unsigned 32-bit number, and counts of the width or more shift all bits out.</summary>
internal sealed unsafe class ShiftInstruction<T>(int d, Source a, Source b, bool left) : StraightInstruction
    where T : unmanaged, System.Numerics.IBinaryInteger<T>
{
    protected override void Apply(EmulatedWarp warp, uint mask)
    {
        T* x = (T*)warp.At(a), result = (T*)warp.At(d);
        uint* count = (uint*)warp.At(b);
        int width = 8 * sizeof(T);
        for (; mask != 0; mask &= mask - 1)
        {
            int lane = EmulatedWarp.First(mask);
            uint by = count[lane];
            result[lane] = left ? by >= width ? T.Zero : x[lane] << (int)by : x[lane] >> (int)Math.Min(by, (uint)width - 1)
                >> (by >= width ? 1 : 0);
        }
    }
}

/// <summary>d = a · b + c.</summary>
internal sealed unsafe class TernaryInstruction<TA, TC, TOperation>(int d, Source a, Source b, Source c) : StraightInstruction
    where TA : unmanaged where TC : unmanaged where TOperation : ITernary<TA, TC>
{
    protected override void Apply(EmulatedWarp warp, uint mask)
    {
        TA* x = (TA*)warp.At(a), y = (TA*)warp.At(b);
        TC* z = (TC*)warp.At(c), result = (TC*)warp.At(d);
        if (mask == uint.MaxValue)
        {
            for (int lane = 0; lane < EmulatedWarp.Lanes; lane++)
                result[lane] = TOperation.Apply(x[lane], y[lane], z[lane]);
            return;
        }
        for (; mask != 0; mask &= mask - 1)
        {
            int lane = EmulatedWarp.First(mask);
            result[lane] = TOperation.Apply(x[lane], y[lane], z[lane]);
        }
    }
}

/// <summary>d = a · b + c in float32, rounded once: the work of most kernels.</summary>
internal sealed unsafe class FusedMultiplyAddInstruction(int d, Source a, Source b, Source c) : StraightInstruction
{
    protected override void Apply(EmulatedWarp warp, uint mask)
    {
        float* x = (float*)warp.At(a), y = (float*)warp.At(b), z = (float*)warp.At(c), result = (float*)warp.At(d);
        if (mask == uint.MaxValue)
        {
            for (int lane = 0; lane < EmulatedWarp.Lanes; lane += Vector512<float>.Count)
                Vector512.FusedMultiplyAdd(Vector512.Load(x + lane), Vector512.Load(y + lane), Vector512.Load(z + lane)).Store(result + lane);
            return;
        }
        for (; mask != 0; mask &= mask - 1)
        {
            int lane = EmulatedWarp.First(mask);
            result[lane] = MathF.FusedMultiplyAdd(x[lane], y[lane], z[lane]);
        }
    }
}

/// <summary>d = f(a): conversions, roots, bit counts.</summary>
internal sealed unsafe class UnaryInstruction<TFrom, TTo>(int d, Source a, Func<TFrom, TTo> function) : StraightInstruction
    where TFrom : unmanaged where TTo : unmanaged
{
    protected override void Apply(EmulatedWarp warp, uint mask)
    {
        TFrom* x = (TFrom*)warp.At(a);
        TTo* result = (TTo*)warp.At(d);
        for (; mask != 0; mask &= mask - 1)
        {
            int lane = EmulatedWarp.First(mask);
            result[lane] = function(x[lane]);
        }
    }
}

/// <summary>d = f(a, b) for two operands that make something of another type, as bf16x2 conversions do.</summary>
internal sealed unsafe class PairInstruction<TFrom, TTo>(int d, Source a, Source b, Func<TFrom, TFrom, TTo> function) : StraightInstruction
    where TFrom : unmanaged where TTo : unmanaged
{
    protected override void Apply(EmulatedWarp warp, uint mask)
    {
        TFrom* x = (TFrom*)warp.At(a), y = (TFrom*)warp.At(b);
        TTo* result = (TTo*)warp.At(d);
        for (; mask != 0; mask &= mask - 1)
        {
            int lane = EmulatedWarp.First(mask);
            result[lane] = function(x[lane], y[lane]);
        }
    }
}

/// <summary>d = a.</summary>
internal sealed unsafe class MoveInstruction(int d, Source a, int bytes) : StraightInstruction
{
    protected override void Apply(EmulatedWarp warp, uint mask)
    {
        if (mask == uint.MaxValue)
        {
            Unsafe.CopyBlock(warp.At(d), warp.At(a), (uint)(bytes * EmulatedWarp.Lanes));
            return;
        }
        for (; mask != 0; mask &= mask - 1)
        {
            int lane = EmulatedWarp.First(mask);
            if (bytes == 4)
                ((uint*)warp.At(d))[lane] = ((uint*)warp.At(a))[lane];
            else
                ((ulong*)warp.At(d))[lane] = ((ulong*)warp.At(a))[lane];
        }
    }
}

/// <summary>d = p ? a : b.</summary>
internal sealed unsafe class SelectInstruction<T>(int d, Source a, Source b, int predicate) : StraightInstruction where T : unmanaged
{
    protected override void Apply(EmulatedWarp warp, uint mask)
    {
        T* x = (T*)warp.At(a), y = (T*)warp.At(b), result = (T*)warp.At(d);
        uint chosen = warp.Predicates[predicate];
        for (; mask != 0; mask &= mask - 1)
        {
            int lane = EmulatedWarp.First(mask);
            result[lane] = (chosen >> lane & 1) != 0 ? x[lane] : y[lane];
        }
    }
}

/// <summary>p = a ∘ b.</summary>
internal sealed unsafe class CompareInstruction<T, TCompare>(int predicate, Source a, Source b) : StraightInstruction
    where T : unmanaged where TCompare : ICompare<T>
{
    protected override void Apply(EmulatedWarp warp, uint mask)
    {
        T* x = (T*)warp.At(a), y = (T*)warp.At(b);
        uint holds = 0;
        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            int lane = EmulatedWarp.First(rest);
            holds |= (TCompare.Apply(x[lane], y[lane]) ? 1u : 0u) << lane;
        }
        warp.Predicates[predicate] = warp.Predicates[predicate] & ~mask | holds;
    }
}

/// <summary>d = what the hardware knows about the thread: its indices, its lane, sizes.</summary>
internal sealed unsafe class SpecialInstruction(int d, Func<EmulatedWarp, int, uint> value) : StraightInstruction
{
    protected override void Apply(EmulatedWarp warp, uint mask)
    {
        uint* result = (uint*)warp.At(d);
        for (; mask != 0; mask &= mask - 1)
            result[EmulatedWarp.First(mask)] = value(warp, EmulatedWarp.First(mask));
    }
}

/// <summary>d = the kernel's parameter.</summary>
internal sealed unsafe class ParameterInstruction(int d, int index, int bytes) : StraightInstruction
{
    protected override void Apply(EmulatedWarp warp, uint mask)
    {
        ulong value = warp.Group.Parameters[index];
        for (; mask != 0; mask &= mask - 1)
        {
            if (bytes == 4)
                ((uint*)warp.At(d))[EmulatedWarp.First(mask)] = (uint)value;
            else
                ((ulong*)warp.At(d))[EmulatedWarp.First(mask)] = value;
        }
    }
}

/// <summary>{low, high} = a, or d = {low, high}.</summary>
internal sealed unsafe class SplitInstruction(int low, int high, Source whole) : StraightInstruction
{
    protected override void Apply(EmulatedWarp warp, uint mask)
    {
        for (; mask != 0; mask &= mask - 1)
        {
            int lane = EmulatedWarp.First(mask);
            ulong value = ((ulong*)warp.At(whole))[lane];
            ((uint*)warp.At(low))[lane] = (uint)value;
            ((uint*)warp.At(high))[lane] = (uint)(value >> 32);
        }
    }
}

/// <inheritdoc cref="SplitInstruction"/>
internal sealed unsafe class JoinInstruction(int whole, Source low, Source high) : StraightInstruction
{
    protected override void Apply(EmulatedWarp warp, uint mask)
    {
        for (; mask != 0; mask &= mask - 1)
        {
            int lane = EmulatedWarp.First(mask);
            ((ulong*)warp.At(whole))[lane] = ((uint*)warp.At(low))[lane] | (ulong)((uint*)warp.At(high))[lane] << 32;
        }
    }
}
