using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace BareBert.Kernels;

/// <summary>Where codes of a row go, as a microkernel reads them.</summary>
internal interface IInt8Codes
{
    /// <summary>Codes i to i + 15.</summary>
    void Set(nint i, Vector512<int> codes);

    /// <summary>Codes i to i + 31.</summary>
    void Set(nint i, Vector256<ushort> low, Vector256<ushort> high);

    /// <summary>Code i.</summary>
    void Set(nint i, int code);
}

/// <summary>Pairs of 16 bits.</summary>
internal readonly unsafe struct WordCodes(int* to) : IInt8Codes
{
    private readonly ushort* _to = (ushort*)to;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Set(nint i, Vector512<int> codes) => Avx512F.ConvertToVector256UInt16(codes.AsUInt32()).Store(_to + i);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Set(nint i, Vector256<ushort> low, Vector256<ushort> high)
    {
        low.Store(_to + i);
        high.Store(_to + i + Vector256<ushort>.Count);
    }

    public void Set(nint i, int code) => _to[i] = (ushort)code;
}

/// <summary>Bytes.</summary>
internal readonly unsafe struct ByteCodes(int* to) : IInt8Codes
{
    private readonly byte* _to = (byte*)to;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Set(nint i, Vector512<int> codes) => Avx512F.ConvertToVector128Byte(codes.AsUInt32()).Store(_to + i);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Set(nint i, Vector256<ushort> low, Vector256<ushort> high) => Vector256.Narrow(low, high).Store(_to + i);

    public void Set(nint i, int code) => _to[i] = (byte)code;
}

/// <summary>Bytes of the upper bits, and behind all of them those of the lower ones.</summary>
internal readonly unsafe struct SplitCodes(int* to, int groups) : IInt8Codes
{
    private const int LowerBits = (1 << Int8Range.FineBits) - 1;

    private readonly ByteCodes _upper = new(to), _lower = new(to + groups);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Set(nint i, Vector512<int> codes)
    {
        _upper.Set(i, codes >>> Int8Range.FineBits);
        _lower.Set(i, codes & Vector512.Create(LowerBits));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Set(nint i, Vector256<ushort> low, Vector256<ushort> high)
    {
        _upper.Set(i, low >>> Int8Range.FineBits, high >>> Int8Range.FineBits);
        _lower.Set(i, low & Vector256.Create((ushort)LowerBits), high & Vector256.Create((ushort)LowerBits));
    }

    public void Set(nint i, int code)
    {
        _upper.Set(i, code >> Int8Range.FineBits);
        _lower.Set(i, code & LowerBits);
    }
}
