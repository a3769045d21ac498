using Xunit;

namespace BareBert.Tests;

public sealed class ShapeTests
{
    [Fact]
    public void SizesAndNames()
    {
        var shape = new Shape(("B", 2), 3, ("C", 5));
        Assert.Equal((3, 30L, 5, 6), (shape.Rank, shape.Count, shape.Cols, shape.Rows));
        Assert.Equal("[B=2, 3, C=5]", shape.ToString());
        Assert.Equal(3, shape[1]);
        Assert.Throws<ArgumentOutOfRangeException>(() => shape[3]);
        Assert.Throws<ArgumentOutOfRangeException>(() => shape[-1]);
    }

    [Fact]
    public void EqualByTheirSizes()
    {
        Assert.Equal(new Shape(("B", 2), ("C", 3)), new Shape(2, 3));
        Assert.True(new Shape(2, 3) != new Shape(2, 3, 1));
        Assert.True(new Shape(6) != new Shape(2, 3));
        Assert.Equal(new Shape(("B", 2), 3).GetHashCode(), new Shape(2, 3).GetHashCode());
    }

    [Fact]
    public void AScalarHasOneElement()
    {
        Assert.Equal((0, 1L, 1, 1), (default(Shape).Rank, default(Shape).Count, default(Shape).Cols, default(Shape).Rows));
        Assert.Equal(default, Shape.Of());
    }

    [Fact]
    public void SizesAreCounted()
    {
        Assert.Equal(new Shape(1, 2, 3, 4), Shape.Of(1, 2, 3, 4));
        Assert.Throws<ArgumentException>(() => Shape.Of(1, 2, 3, 4, 5));
        Assert.Throws<ArgumentException>(() => new Shape(2, -1));
        Assert.Throws<OverflowException>(() => new Shape(int.MaxValue, int.MaxValue, int.MaxValue).Count);
        Assert.Equal(0, new Shape(0, 7).Count);
    }
}
