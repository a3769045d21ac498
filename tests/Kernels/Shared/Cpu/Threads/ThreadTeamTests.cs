using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

public class ThreadTeamTests
{
    public static TheoryData<int> Counts => [1, 2, 3, 4];

    private struct CountTiles(int[] hits, int workers) : ITileJob
    {
        public readonly void Invoke(int tile, int worker)
        {
            Assert.InRange(worker, 0, workers - 1);
            Interlocked.Increment(ref hits[tile]);
        }
    }

    // Long enough that a thread does not do all tiles in one turn.
    private struct SlowTiles(int[] hits) : ITileJob
    {
        public readonly void Invoke(int tile, int worker)
        {
            Thread.Sleep(1);
            Interlocked.Increment(ref hits[tile]);
        }
    }

    // Each worker waits in its first tile until another has one too.
    private struct Fail(int[] begun, int[] ended) : ITileJob
    {
        public readonly void Invoke(int tile, int worker)
        {
            Interlocked.Increment(ref begun[0]);
            SpinWait.SpinUntil(ReadBegun, TimeSpan.FromSeconds(20));
            if (worker == 0)
                throw new InvalidOperationException("worker 0");
            Thread.Sleep(5);
            Interlocked.Increment(ref ended[0]);
        }

        private readonly bool ReadBegun() => Volatile.Read(ref begun[0]) >= 2;
    }

    private struct FailTile(int failing, int[] begun) : ITileJob
    {
        public readonly void Invoke(int tile, int worker)
        {
            Interlocked.Increment(ref begun[0]);
            if (tile == failing)
                throw new ArithmeticException($"tile {tile}");
        }
    }

    private struct Nest(ThreadTeam team) : ITileJob
    {
        public readonly void Invoke(int tile, int worker) => team.RunTiles(3, new CountTiles(new int[3], team.Count));
    }

    [Theory, MemberData(nameof(Counts))]
    public void Every_tile_runs_once_in_every_round(int threads)
    {
        using var team = new ThreadTeam(threads);
        var hits = new int[7];
        for (int round = 1; round <= 300; round++)
        {
            team.RunTiles(7, new CountTiles(hits, threads));
            Assert.All(hits, h => Assert.Equal(round, h));
        }
    }

    [Theory, MemberData(nameof(Counts))]
    public void Every_tile_runs_once_where_threads_need_several_turns(int threads)
    {
        using var team = new ThreadTeam(threads);
        var hits = new int[9];
        for (int round = 1; round <= 3; round++)
        {
            team.RunTiles(9, new SlowTiles(hits));
            Assert.All(hits, h => Assert.Equal(round, h));
        }
    }

    [Theory, MemberData(nameof(Counts))]
    public void Every_tile_runs_once(int threads)
    {
        using var team = new ThreadTeam(threads);
        foreach (int tiles in (int[])[0, 1, 2, 3, 7, 1000])
        {
            var hits = new int[tiles];
            team.RunTiles(tiles, new CountTiles(hits, threads));
            Assert.All(hits, h => Assert.Equal(1, h));
        }
    }

    [Fact]
    public void Workers_wake_after_they_fell_asleep()
    {
        using var team = new ThreadTeam(3);
        var hits = new int[3];
        for (int round = 1; round <= 3; round++)
        {
            Thread.Sleep(30);
            team.RunTiles(3, new CountTiles(hits, 3));
            Assert.All(hits, h => Assert.Equal(round, h));
        }
    }

    [Fact]
    public void A_failing_tile_throws_in_the_caller_after_all_ended_and_the_team_goes_on()
    {
        using var team = new ThreadTeam(2);
        for (int round = 0; round < 5; round++)
        {
            int[] begun = [0], ended = [0];
            var error = Assert.Throws<InvalidOperationException>(() => team.RunTiles(2, new Fail(begun, ended)));
            Assert.Equal("worker 0", error.Message);
            Assert.Equal(1, ended[0]);
            var hits = new int[4];
            team.RunTiles(4, new CountTiles(hits, 2));
            Assert.All(hits, h => Assert.Equal(1, h));
        }
    }

    [Fact]
    public void After_a_failing_tile_no_further_tile_is_begun()
    {
        using var team = new ThreadTeam(2);
        int[] begun = [0];
        Assert.Throws<ArithmeticException>(() => team.RunTiles(1_000_000, new FailTile(3, begun)));
        Assert.InRange(begun[0], 4, 999_999);
    }

    [Theory, MemberData(nameof(Counts))]
    public void A_job_inside_a_job_is_refused(int threads)
    {
        using var team = new ThreadTeam(threads);
        Assert.Throws<InvalidOperationException>(() => team.RunTiles(2, new Nest(team)));
    }

    [Fact]
    public void Callers_on_several_threads_take_turns()
    {
        using var team = new ThreadTeam(2);
        var hits = new int[2];
        Parallel.For(0, 200, _ => team.RunTiles(2, new CountTiles(hits, 2)));
        Assert.Equal([200, 200], hits);
    }

    // Each link finds the ones before it done, and its chain in nobody else's hand.
    private struct CountLinks(int[] done, int workers, int slowChain = -1) : IChainJob
    {
        private readonly int[] _inHand = new int[done.Length];

        public readonly void Invoke(int chain, int link, int worker)
        {
            Assert.InRange(worker, 0, workers - 1);
            Assert.Equal(1, Interlocked.Increment(ref _inHand[chain]));
            Assert.Equal(link, done[chain]);
            if (chain == slowChain)
                Thread.Sleep(1); // Longer than a worker's turn.
            done[chain]++;
            Interlocked.Decrement(ref _inHand[chain]);
        }
    }

    [Theory, MemberData(nameof(Counts))]
    public void Every_link_of_every_chain_runs_once_in_order(int threads)
    {
        using var team = new ThreadTeam(threads);
        foreach (int chains in (int[])[0, 1, 2, 5, 64])
        {
            foreach (int links in (int[])[1, 2, 17])
            {
                foreach (int group in (int[])[1, 3, 100])
                {
                    var done = new int[chains];
                    team.RunChains(chains, links, group, new CountLinks(done, threads));
                    Assert.All(done, d => Assert.Equal(links, d));
                }
            }
        }
    }

    // A worker leaves in the middle of a chain, its turn being over; the caller, which waits for no sleeper, ends it or lets it come back.
    [Theory, MemberData(nameof(Counts))]
    public void Every_link_runs_where_a_chain_takes_many_turns(int threads)
    {
        using var team = new ThreadTeam(threads);
        for (int slowChain = 0; slowChain < 8; slowChain++)
        {
            var done = new int[8];
            team.RunChains(8, 20, 8, new CountLinks(done, threads, slowChain));
            Assert.All(done, d => Assert.Equal(20, d));
        }
    }

    private struct FailLink(int[] begun) : IChainJob
    {
        public readonly void Invoke(int chain, int link, int worker)
        {
            Interlocked.Increment(ref begun[chain]);
            if (link == 2)
                throw new ArithmeticException($"chain {chain}");
        }
    }

    [Theory, MemberData(nameof(Counts))]
    public void After_a_failing_link_no_further_link_is_begun_and_the_team_goes_on(int threads)
    {
        using var team = new ThreadTeam(threads);
        for (int round = 0; round < 20; round++)
        {
            var begun = new int[1000];
            Assert.Throws<ArithmeticException>(() => team.RunChains(1000, 5, 1, new FailLink(begun)));
            Assert.All(begun, b => Assert.InRange(b, 0, 3));
            Assert.InRange(begun.Count(b => b == 3), 1, threads);
            var done = new int[9];
            team.RunChains(9, 3, 2, new CountLinks(done, threads));
            Assert.All(done, d => Assert.Equal(3, d));
        }
    }

    [Fact]
    public void A_call_allocates_nothing()
    {
        using var team = new ThreadTeam(2);
        var hits = new int[64];
        Rounds(3);
        Assert.Equal(0, Allocations.Of(() => Rounds(100)));

        void Rounds(int count)
        {
            for (int i = 0; i < count; i++)
            {
                team.RunTiles(64, new QuietTiles(hits));
                team.RunChains(8, 8, 2, new QuietLinks(hits));
            }
        }
    }

    private struct QuietLinks(int[] hits) : IChainJob
    {
        public readonly void Invoke(int chain, int link, int worker) => hits[chain]++;
    }

    private struct QuietTiles(int[] hits) : ITileJob
    {
        public readonly void Invoke(int tile, int worker) => hits[tile]++;
    }

    [Fact]
    public void A_disposed_team_refuses_work_and_may_be_disposed_of_again()
    {
        var team = new ThreadTeam(3);
        team.RunTiles(3, new CountTiles(new int[3], 3));
        team.Dispose();
        team.Dispose();
        Assert.Throws<ObjectDisposedException>(() => team.RunTiles(3, new CountTiles(new int[3], 3)));
    }

    [Fact]
    public void A_negative_number_of_threads_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new ThreadTeam(-1));
        using var team = new ThreadTeam();
        Assert.Equal(Environment.ProcessorCount, team.Count);
    }
}
