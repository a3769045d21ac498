namespace ILGPU;

/// <summary>A 32-bit index; converts to and from <see cref="int"/> by itself.</summary>
public readonly struct Index1D(int x) : IEquatable<Index1D>
{
    /// <summary>The index.</summary>
    public int X { get; } = x;

    public static implicit operator Index1D(int index) => new(index);

    public static implicit operator int(Index1D index) => index.X;

    public bool Equals(Index1D other) => X == other.X;

    public override bool Equals(object? obj) => obj is Index1D other && Equals(other);

    public override int GetHashCode() => X;

    public override string ToString() => X.ToString();
}
