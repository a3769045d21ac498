using System.Runtime.CompilerServices;

namespace BareBert.Kernels;

/// <summary>The tile of C that one run of the micro-kernel computes: as much as the registers hold.</summary>
internal static class Tile<TSimd, V> where TSimd : ISimd<V> where V : struct
{
    /// <summary>Rows of a full tile: two accumulators each, leaving room for two vectors of B and one element of A.</summary>
    public static int Rows
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TSimd.Registers >= 32 ? 14 : 6;
    }

    /// <summary>Columns of a tile: two vectors.</summary>
    public static int Columns
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 2 * TSimd.Width;
    }

    /// <summary>
    /// Tiles below each other that a transposed A is packed for at a time: 48 rows or a few more, lines of memory that are whole. Of one
    /// tile's rows each k would have a line or two, read again for the next tile.
    /// </summary>
    public static int TransposedStrip
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (48 + Rows - 1) / Rows;
    }
}

/// <summary>A number of rows known to the compiler.</summary>
internal interface IRows
{
    static abstract int Count { get; }
}

internal readonly struct Rows1 : IRows { public static int Count => 1; }
internal readonly struct Rows2 : IRows { public static int Count => 2; }
internal readonly struct Rows3 : IRows { public static int Count => 3; }
internal readonly struct Rows4 : IRows { public static int Count => 4; }
internal readonly struct Rows5 : IRows { public static int Count => 5; }
internal readonly struct Rows6 : IRows { public static int Count => 6; }
internal readonly struct Rows7 : IRows { public static int Count => 7; }
internal readonly struct Rows8 : IRows { public static int Count => 8; }
internal readonly struct Rows9 : IRows { public static int Count => 9; }
internal readonly struct Rows10 : IRows { public static int Count => 10; }
internal readonly struct Rows11 : IRows { public static int Count => 11; }
internal readonly struct Rows12 : IRows { public static int Count => 12; }
internal readonly struct Rows13 : IRows { public static int Count => 13; }
internal readonly struct Rows14 : IRows { public static int Count => 14; }

/// <summary>How the micro-kernel's operands lie in memory, known to the compiler: element (row, k) of a packed panel of A is at row·RowStride + k·DepthStride.</summary>
internal interface IPanelLayout
{
    static abstract int RowStride { get; }
    static abstract int DepthStride { get; }

    /// <summary>From where B comes.</summary>
    static virtual SourceOfB B => SourceOfB.Near;

    /// <summary>Vectors of a row of B and of C: two, or one.</summary>
    static virtual int Vectors => 2;
}

/// <summary>The same beside a B that is one vector wide.</summary>
internal readonly struct OneVector<TLayout> : IPanelLayout where TLayout : IPanelLayout
{
    public static int RowStride => TLayout.RowStride;
    public static int DepthStride => TLayout.DepthStride;
    public static SourceOfB B => TLayout.B;
    public static int Vectors => 1;
}

/// <summary>From where the micro-kernel's B comes, so that it can be asked for in time, and C meanwhile.</summary>
internal enum SourceOfB
{
    /// <summary>A small multiply, all of which is near: nothing is asked for, of C neither.</summary>
    Near,

    /// <summary>Panels that have just been packed, one k after the other.</summary>
    Level2,

    /// <summary>Panels that were packed long ago, one after the other.</summary>
    Memory,
}

/// <summary>Rows one after the other, each contiguous in k: packing a row-major A is copying its rows.</summary>
internal readonly struct RowPanel : IPanelLayout
{
    // The pad keeps the rows of a panel out of each other's cache sets.
    public static int RowStride => GemmPlan.MaxDepth + 16;
    public static int DepthStride => 1;
    public static SourceOfB B => SourceOfB.Level2;
}

/// <summary>The same beside a B that was packed once, and comes from memory: what is read next follows what is read now.</summary>
internal readonly struct RowPanelBesideFarB : IPanelLayout
{
    public static int RowStride => RowPanel.RowStride;
    public static int DepthStride => 1;
    public static SourceOfB B => SourceOfB.Memory;
}

/// <summary>One k after the other, each holding every row of the panel: packing a transposed A is copying runs of its columns.</summary>
internal readonly struct DepthPanel<TSimd, V> : IPanelLayout where TSimd : ISimd<V> where V : struct
{
    public static int RowStride => 1;

    public static int DepthStride
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Tile<TSimd, V>.Rows;
    }

    public static SourceOfB B => SourceOfB.Level2;
}
