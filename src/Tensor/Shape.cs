using System.Text;

namespace BareBert;

/// <summary>One dimension of a shape: a size and, for messages, a name.</summary>
/// <param name="Name">As in "C"; null where there is nothing to say.</param>
/// <param name="Size">Elements along it, 0 or more.</param>
public readonly record struct Dim(string? Name, int Size)
{
    /// <summary>A dimension without a name.</summary>
    public static implicit operator Dim(int size) => new(null, size);

    /// <summary>A named dimension.</summary>
    public static implicit operator Dim((string Name, int Size) dim) => new(dim.Name, dim.Size);

    /// <summary>"C=768", or "768".</summary>
    public override string ToString() => Name is null ? $"{Size}" : $"{Name}={Size}";
}

/// <summary>
/// The sizes of a tensor's dimensions, outermost first; up to four, contiguous and row-major always. A value type without
/// allocations. Shapes are equal when their sizes are: names are for people.
/// </summary>
public readonly struct Shape : IEquatable<Shape>
{
    /// <summary>The most dimensions a shape can have.</summary>
    public const int MaxRank = 4;

    private readonly Dim _d0, _d1, _d2, _d3;

    /// <summary>[d0]</summary>
    public Shape(Dim d0) : this(1, d0, default, default, default) { }

    /// <summary>[d0, d1]</summary>
    public Shape(Dim d0, Dim d1) : this(2, d0, d1, default, default) { }

    /// <summary>[d0, d1, d2]</summary>
    public Shape(Dim d0, Dim d1, Dim d2) : this(3, d0, d1, d2, default) { }

    /// <summary>[d0, d1, d2, d3]</summary>
    public Shape(Dim d0, Dim d1, Dim d2, Dim d3) : this(4, d0, d1, d2, d3) { }

    private Shape(int rank, Dim d0, Dim d1, Dim d2, Dim d3)
    {
        (Rank, _d0, _d1, _d2, _d3) = (rank, d0, d1, d2, d3);
        if (d0.Size < 0 || d1.Size < 0 || d2.Size < 0 || d3.Size < 0)
            throw new ArgumentException($"a dimension is negative: {this}");
    }

    /// <summary>A shape of given sizes.</summary>
    public static Shape Of(params ReadOnlySpan<int> sizes) => sizes.Length switch
    {
        0 => default,
        1 => new Shape(sizes[0]),
        2 => new Shape(sizes[0], sizes[1]),
        3 => new Shape(sizes[0], sizes[1], sizes[2]),
        4 => new Shape(sizes[0], sizes[1], sizes[2], sizes[3]),
        _ => throw new ArgumentException($"a shape has at most {MaxRank} dimensions, not {sizes.Length}"),
    };

    /// <summary>How many dimensions: 0 (a scalar, one element) to 4.</summary>
    public int Rank { get; }

    /// <summary>The size of dimension <paramref name="i"/>, 0 being the outermost.</summary>
    public int this[int i] => DimAt(i).Size;

    /// <summary>Number of elements: the product of the sizes.</summary>
    public long Count
    {
        get
        {
            long count = 1;
            for (int i = 0; i < Rank; i++)
                count = checked(count * this[i]);
            return count;
        }
    }

    /// <summary>The last dimension: the length of a row. 1 for a scalar.</summary>
    public int Cols => Rank == 0 ? 1 : this[Rank - 1];

    /// <summary>The product of all dimensions but the last.</summary>
    public int Rows
    {
        get
        {
            long rows = 1;
            for (int i = 0; i < Rank - 1; i++)
                rows *= this[i];
            return checked((int)rows);
        }
    }

    /// <summary>The size and name of dimension <paramref name="i"/>.</summary>
    public Dim DimAt(int i) => (uint)i >= (uint)Rank
        ? throw new ArgumentOutOfRangeException(nameof(i), $"{this} has no dimension {i}")
        : i switch { 0 => _d0, 1 => _d1, 2 => _d2, _ => _d3 };

    /// <inheritdoc/>
    public bool Equals(Shape other) => Rank == other.Rank && _d0.Size == other._d0.Size && _d1.Size == other._d1.Size
        && _d2.Size == other._d2.Size && _d3.Size == other._d3.Size;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Shape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Rank, _d0.Size, _d1.Size, _d2.Size, _d3.Size);

    /// <summary>As in "[B*T=5, C=33]".</summary>
    public override string ToString()
    {
        var text = new StringBuilder("[");
        for (int i = 0; i < Rank; i++)
            text.Append(i == 0 ? "" : ", ").Append(DimAt(i));
        return text.Append(']').ToString();
    }

    /// <summary>Same sizes.</summary>
    public static bool operator ==(Shape left, Shape right) => left.Equals(right);

    /// <summary>Different sizes.</summary>
    public static bool operator !=(Shape left, Shape right) => !left.Equals(right);
}
