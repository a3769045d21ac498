using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>How rows are dealt out to tiles.</summary>
public sealed class TileRowsTests
{
    [Theory, InlineData(6), InlineData(14)]
    public void Every_row_has_its_place_in_as_few_tiles_as_can_be_and_those_are_as_equal_as_can_be(int most)
    {
        for (int rows = 0; rows <= 200; rows++)
        {
            var tiles = new TileRows(rows, most);
            Assert.Equal((rows + most - 1) / most, tiles.Count);
            int next = 0;
            for (int tile = 0; tile < tiles.Count; tile++)
            {
                Assert.Equal(next, tiles.First(tile));
                Assert.InRange(tiles.Of(tile), rows / tiles.Count, Math.Min(most, rows / tiles.Count + 1));
                Assert.True(tile == 0 || tiles.Of(tile) <= tiles.Of(tile - 1), "taller tiles come first");
                next += (int)tiles.Of(tile);
            }
            Assert.Equal(rows, next);
            Assert.Equal(rows, tiles.First(tiles.Count));
        }
    }
}
