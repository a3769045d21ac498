using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

public class ThreadTeamTests
{
    public static TheoryData<int> Counts => [1, 2, 3, 4];

    private struct CountParts(int[] hits) : ITeamJob
    {
        public readonly void Invoke(int part, int parts)
        {
            Assert.Equal(hits.Length, parts);
            Interlocked.Increment(ref hits[part]);
        }
    }

    private struct CountTiles(int[] hits, int workers) : ITileJob
    {
        public readonly void Invoke(int tile, int worker)
        {
            Assert.InRange(worker, 0, workers - 1);
            Interlocked.Increment(ref hits[tile]);
        }
    }

    private struct Fail(int failing, int[] ended) : ITeamJob
    {
        public readonly void Invoke(int part, int parts)
        {
            if (part >= failing)
                throw new InvalidOperationException($"part {part}");
            Thread.Sleep(5);
            Interlocked.Increment(ref ended[0]);
        }
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

    private struct Nest(ThreadTeam team) : ITeamJob
    {
        public readonly void Invoke(int part, int parts) => team.Run(new CountParts(new int[parts]));
    }

    [Theory, MemberData(nameof(Counts))]
    public void Every_part_runs_once_in_every_round(int threads)
    {
        using var team = new ThreadTeam(threads);
        var hits = new int[threads];
        for (int round = 1; round <= 300; round++)
        {
            team.Run(new CountParts(hits));
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
            team.Run(new CountParts(hits));
            Assert.All(hits, h => Assert.Equal(round, h));
        }
    }

    [Fact]
    public void The_lowest_failing_part_throws_in_the_caller_after_all_ended_and_the_team_goes_on()
    {
        using var team = new ThreadTeam(4);
        for (int round = 0; round < 5; round++)
        {
            int[] ended = [0];
            var error = Assert.Throws<InvalidOperationException>(() => team.Run(new Fail(2, ended)));
            Assert.Equal("part 2", error.Message);
            Assert.Equal(2, ended[0]);
            var hits = new int[4];
            team.Run(new CountParts(hits));
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
        Assert.Throws<InvalidOperationException>(() => team.Run(new Nest(team)));
    }

    [Fact]
    public void Callers_on_several_threads_take_turns()
    {
        using var team = new ThreadTeam(2);
        var hits = new int[2];
        Parallel.For(0, 200, _ => team.Run(new CountParts(hits)));
        Assert.Equal([200, 200], hits);
    }

    [Fact]
    public void A_call_allocates_nothing()
    {
        using var team = new ThreadTeam(2);
        var hits = new int[2];
        var tiles = new int[64];
        Rounds(3);
        long before = GC.GetAllocatedBytesForCurrentThread(); // Other tests run beside this one.
        Rounds(100);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Rounds(int count)
        {
            for (int i = 0; i < count; i++)
            {
                team.Run(new Quiet(hits));
                team.RunTiles(64, new QuietTiles(tiles));
            }
        }
    }

    private struct Quiet(int[] hits) : ITeamJob
    {
        public readonly void Invoke(int part, int parts) => hits[part]++;
    }

    private struct QuietTiles(int[] hits) : ITileJob
    {
        public readonly void Invoke(int tile, int worker) => hits[tile]++;
    }

    [Fact]
    public void A_disposed_team_refuses_work_and_may_be_disposed_of_again()
    {
        var team = new ThreadTeam(3);
        team.Run(new CountParts(new int[3]));
        team.Dispose();
        team.Dispose();
        Assert.Throws<ObjectDisposedException>(() => team.Run(new CountParts(new int[3])));
    }

    [Fact]
    public void A_negative_number_of_threads_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new ThreadTeam(-1));
        using var team = new ThreadTeam();
        Assert.Equal(Environment.ProcessorCount, team.Count);
    }
}
