namespace BareBert.Simt;

/// <summary>Sizes of a grid (in groups) or a group (in threads).</summary>
public readonly record struct Dim3(int X, int Y = 1, int Z = 1)
{
    public static implicit operator Dim3(int x) => new(x);

    public static implicit operator Dim3((int X, int Y) size) => new(size.X, size.Y);

    public static implicit operator Dim3((int X, int Y, int Z) size) => new(size.X, size.Y, size.Z);

    /// <summary>X·Y·Z.</summary>
    public int Count => checked(X * Y * Z);

    public override string ToString() => $"{X}x{Y}x{Z}";
}
