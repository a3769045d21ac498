using BareBert.Simt;
using ILGPU;

namespace BareBert.Kernels;

/// <summary>How a kernel reads and writes rows of a matrix, several neighbours at a time. A type, so that a kernel is compiled for it.</summary>
internal interface IRowAccess
{
    /// <summary>Four neighbours from element <paramref name="at"/> on, of which <paramref name="count"/> are in the row; <paramref name="behind"/> behind it.</summary>
    static abstract Float4 Load4(ArrayView<float> x, int at, int count, float behind = 0);

    /// <summary>Writes those of four neighbours that are in the row.</summary>
    static abstract void Store4(ArrayView<float> x, int at, int count, Float4 values);

    /// <summary>Writes those of two neighbours that are in the row.</summary>
    static abstract void Store2(ArrayView<float> x, int at, int count, float first, float second);

    /// <summary>Adds to those of two neighbours that are in the row.</summary>
    static abstract void Add2(ArrayView<float> x, int at, int count, float first, float second);
}

/// <summary>Accesses of 16 and 8 bytes: every row starts at a multiple of 16 bytes and has a multiple of four elements.</summary>
internal readonly struct AlignedRows : IRowAccess
{
    public static Float4 Load4(ArrayView<float> x, int at, int count, float behind = 0) =>
        count > 0 ? x.AsFloat4()[(int)((uint)at / 4)] : new Float4(behind, behind, behind, behind);

    public static void Store4(ArrayView<float> x, int at, int count, Float4 values)
    {
        if (count > 0)
            x.AsFloat4()[(int)((uint)at / 4)] = values;
    }

    public static void Store2(ArrayView<float> x, int at, int count, float first, float second)
    {
        if (count > 0)
            x.AsFloat2()[(int)((uint)at / 2)] = new Float2(first, second);
    }

    public static void Add2(ArrayView<float> x, int at, int count, float first, float second)
    {
        if (count <= 0)
            return;
        Float2 old = x.AsFloat2()[(int)((uint)at / 2)];
        x.AsFloat2()[(int)((uint)at / 2)] = new Float2(old.X + first, old.Y + second);
    }
}

/// <summary>Rows of any length at any address, element by element.</summary>
internal readonly struct AnyRows : IRowAccess
{
    public static Float4 Load4(ArrayView<float> x, int at, int count, float behind = 0) => new(
        count > 0 ? x[at] : behind, count > 1 ? x[at + 1] : behind, count > 2 ? x[at + 2] : behind, count > 3 ? x[at + 3] : behind);

    public static void Store4(ArrayView<float> x, int at, int count, Float4 values)
    {
        Store2(x, at, count, values.X, values.Y);
        Store2(x, at + 2, count - 2, values.Z, values.W);
    }

    public static void Store2(ArrayView<float> x, int at, int count, float first, float second)
    {
        if (count > 0)
            x[at] = first;
        if (count > 1)
            x[at + 1] = second;
    }

    public static void Add2(ArrayView<float> x, int at, int count, float first, float second)
    {
        if (count > 0)
            x[at] += first;
        if (count > 1)
            x[at + 1] += second;
    }
}
