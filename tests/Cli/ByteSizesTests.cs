using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace BareBert.Tests;

/// <summary>Amounts of memory, written as people write them.</summary>
public sealed class ByteSizesTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("1500", 1500)]
    [InlineData("12B", 12)]
    [InlineData("20KiB", 20 << 10)]
    [InlineData("1.5k", 1536)]
    [InlineData("500MB", 500_000_000)]
    [InlineData("4GiB", 4L << 30)]
    [InlineData("4G", 4L << 30)]
    [InlineData("2 gb", 2_000_000_000)]
    public void AreRead(string text, long bytes) => Assert.Equal(bytes, ByteSizes.Parse("--memory", text));

    [Theory]
    [InlineData("")]
    [InlineData("GiB")]
    [InlineData("-1GiB")]
    [InlineData("nan")]
    [InlineData("1e3")]
    [InlineData("4 gigs")]
    [InlineData("9999999TiB")]
    public void AreRefused(string text) => Refusals.Of(() => ByteSizes.Parse("--memory", text), "--memory", "4GiB");

    [Fact]
    public void AnyTextIsReadOrRefused() => Prop.ForAll(ArbMap.Default.ArbFor<string>(), text => Refusals.SucceedsOrRefuses(() => ByteSizes.Parse("--memory", text ?? ""))).HoldsFor();

    [Theory]
    [InlineData(7, "7 bytes")]
    [InlineData(1536, "1.5 KiB")]
    [InlineData(350L << 20, "350 MiB")]
    [InlineData(4L << 30, "4.0 GiB")]
    public void AreWritten(long bytes, string text) => Assert.Equal(text, ByteSizes.Format(bytes));
}
