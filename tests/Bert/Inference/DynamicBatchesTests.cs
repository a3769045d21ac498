using Xunit;

namespace BareBert.Tests;

/// <summary>What comes while a batch runs makes the next one; everybody gets their own results, or their own failure.</summary>
public sealed class DynamicBatchesTests
{
    [Fact]
    public async Task What_comes_together_runs_together()
    {
        using var open = new ManualResetEventSlim();
        var sizes = new List<int>();
        var batches = new DynamicBatches<int, int>((items, _) =>
        {
            open.Wait();
            sizes.Add(items.Count);
            return [.. items.Select(i => i * i)];
        }, most: 10);
        Task<IReadOnlyList<int>> first = batches.RunAsync([0], default);
        Task<IReadOnlyList<int>>[] others = [.. Enumerable.Range(1, 7).Select(i => batches.RunAsync([i, 10 * i], default))];
        open.Set();
        Assert.Equal([0], await first);
        for (int i = 0; i < others.Length; i++)
            Assert.Equal([(i + 1) * (i + 1), 100 * (i + 1) * (i + 1)], await others[i]);
        Assert.Equal(15, sizes.Sum());
        Assert.True(sizes.Count <= 4, string.Join(' ', sizes)); // the first, with some or none of the others, and those in tens
        Assert.All(sizes, size => Assert.InRange(size, 1, 10));
    }

    /// <summary>A list that is changed meanwhile, and none at all, are their own caller's alone.</summary>
    [Fact]
    public async Task Lists_are_taken_as_they_are_when_they_are_given()
    {
        using var open = new ManualResetEventSlim();
        var batches = new DynamicBatches<int, int>((items, _) =>
        {
            open.Wait();
            return items;
        });
        _ = batches.RunAsync([0], default); // keeps the device busy
        List<int> changing = [1, 2, 3];
        Task<IReadOnlyList<int>> changed = batches.RunAsync(changing, default), other = batches.RunAsync([4], default);
        changing.RemoveRange(0, 2);
        await Assert.ThrowsAsync<ArgumentNullException>(() => batches.RunAsync(null!, default));
        open.Set();
        Assert.Equal([1, 2, 3], await changed);
        Assert.Equal([4], await other);
        Assert.Equal([5], await batches.RunAsync([5], default));
    }

    [Fact]
    public async Task Who_fails_fails_alone()
    {
        using var open = new ManualResetEventSlim();
        var batches = new DynamicBatches<int, int>((items, _) =>
        {
            open.Wait();
            return items.Contains(3) ? throw new InputException("three") : items;
        });
        Task<IReadOnlyList<int>>[] all = [.. Enumerable.Range(0, 6).Select(i => batches.RunAsync([i], default))];
        open.Set();
        for (int i = 0; i < all.Length; i++)
        {
            if (i == 3)
                await Assert.ThrowsAsync<InputException>(() => all[3]);
            else
                Assert.Equal([i], await all[i]);
        }
    }

    [Fact]
    public async Task Who_gives_up_is_left_out()
    {
        using var open = new ManualResetEventSlim();
        var seen = new List<int>();
        var batches = new DynamicBatches<int, int>((items, _) =>
        {
            open.Wait();
            seen.AddRange(items);
            return items;
        }, most: 1);
        using var cancel = new CancellationTokenSource();
        Task<IReadOnlyList<int>> first = batches.RunAsync([1], default), second = batches.RunAsync([2], cancel.Token), third = batches.RunAsync([3], default);
        cancel.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        open.Set();
        Assert.Equal([3], await third);
        Assert.Equal([1], await first);
        Assert.DoesNotContain(2, seen);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => batches.RunAsync([4], cancel.Token));
    }
}
