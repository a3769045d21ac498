using Xunit;

namespace BareBert.Tests;

public class PrefetcherTests
{
    private sealed class Item
    {
        public int Value;
    }

    [Fact]
    public void Gives_items_in_order_and_uses_their_memory_again()
    {
        int made = 0, filled = 0;
        using var prefetcher = new Prefetcher<Item>(() => { made++; return new Item(); }, item => item.Value = filled++, ahead: 2);
        for (int i = 0; i < 1000; i++)
            Assert.Equal(i, prefetcher.Next().Value);
        Assert.Equal(3, made);
    }

    [Fact]
    public void Does_not_touch_the_item_given_out()
    {
        int filled = 0;
        using var prefetcher = new Prefetcher<Item>(() => new Item(), item => item.Value = Interlocked.Increment(ref filled), ahead: 2);
        Item first = prefetcher.Next();
        SpinWait.SpinUntil(() => Volatile.Read(ref filled) == 3, 10_000); // given out, and two ahead
        Thread.Sleep(10);
        Assert.Equal((3, 1), (filled, first.Value));
    }

    [Fact]
    public void A_failure_surfaces_in_its_turn()
    {
        int filled = 0;
        using var prefetcher = new Prefetcher<Item>(() => new Item(), item => item.Value = filled < 5 ? filled++ : throw new RunException("the disk is on fire"), ahead: 3);
        for (int i = 0; i < 5; i++)
            Assert.Equal(i, prefetcher.Next().Value);
        Assert.Equal("the disk is on fire", Assert.Throws<RunException>(() => prefetcher.Next()).Message);
        Assert.Throws<RunException>(() => prefetcher.Next());
    }

    [Fact]
    public void Waiting_can_be_cancelled()
    {
        using var gate = new ManualResetEventSlim();
        using var prefetcher = new Prefetcher<Item>(() => new Item(), _ => gate.Wait(), ahead: 1);
        using var cancel = new CancellationTokenSource();
        cancel.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => prefetcher.Next(cancel.Token));
        gate.Set();
        Assert.NotNull(prefetcher.Next());
    }

    [Fact]
    public void Stops_when_disposed()
    {
        var prefetcher = new Prefetcher<Item>(() => new Item(), _ => { }, ahead: 1);
        prefetcher.Next();
        prefetcher.Dispose();
        prefetcher.Dispose();
        Assert.Throws<OperationCanceledException>(() => prefetcher.Next());
    }
}
