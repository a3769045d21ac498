using BareBert.Simt;
using Xunit;

namespace BareBert.Tests;

/// <summary>What threads do together, in the interpreter, against plain loops.</summary>
public sealed class CooperationTests : IDisposable
{
    private readonly EmulatedDevice device = new();
    private readonly Random random = new(7);

    public void Dispose() => device.Dispose();

    private DeviceBuffer<T> Buffer<T>(T[] data) where T : unmanaged
    {
        var buffer = new DeviceBuffer<T>(device, data.Length);
        buffer.Upload(data);
        return buffer;
    }

    private int[] Ints(int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(-1000, 1000))];

    private float[] Floats(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];

    [Fact]
    public void SaxpyLeavesTheRestAlone()
    {
        (float[] x, float[] y) = (Floats(1000), Floats(1024));
        using var dx = Buffer(x);
        using var dy = Buffer(y);
        device.Launch(SimtKernel.Of(SampleKernels.Saxpy), 4, 256, 0, dx.View, dy.View, 2f, 1000);
        float[] expected = [.. y.Select((v, i) => i < 1000 ? MathF.FusedMultiplyAdd(2f, x[i], v) : v)];
        Assert.Equal(expected, dy.Download());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(33)]
    public void TiledMultiplyMatchesDouble(int n)
    {
        (float[] a, float[] b) = (Floats(n * n), Floats(n * n));
        using var da = Buffer(a);
        using var db = Buffer(b);
        using var dc = new DeviceBuffer<float>(device, n * n);
        int tiles = (n + SampleKernels.Tile - 1) / SampleKernels.Tile;
        device.Launch(SimtKernel.Of(SampleKernels.MatMulTiled), (tiles, tiles), (SampleKernels.Tile, SampleKernels.Tile), 0, da.View, db.View, dc.View, n);
        AssertProduct(a, b, dc.Download(), n, n, n, 1e-6);
    }

    private static void AssertProduct(float[] a, float[] b, float[] c, int m, int n, int k, double tolerance)
    {
        for (int i = 0; i < m; i++)
        {
            for (int j = 0; j < n; j++)
            {
                double expected = 0, size = 0;
                for (int l = 0; l < k; l++)
                {
                    expected += (double)a[i * k + l] * b[l * n + j];
                    size += Math.Abs((double)a[i * k + l] * b[l * n + j]);
                }
                Assert.True(Math.Abs(c[i * n + j] - expected) <= tolerance * (size + 1), $"[{i}, {j}]: {c[i * n + j]}, not {expected}");
            }
        }
    }

    [Fact]
    public void WarpSumAddsNeighbours()
    {
        int[] values = Ints(1024);
        using var x = Buffer(values.Select(v => (float)v).ToArray());
        using var sums = new DeviceBuffer<float>(device, 32);
        device.Launch(SimtKernel.Of(SampleKernels.WarpSum), 4, 256, 0, x.View, sums.View);
        Assert.Equal(values.Chunk(32).Select(chunk => (float)chunk.Sum()), sums.Download());
    }

    [Fact]
    public void TreeSumsWithStaticAndDynamicSharedMemory()
    {
        int[] values = Ints(2048);
        int[] expected = [.. values.Chunk(256).Select(chunk => chunk.Sum())];
        using var x = Buffer(values);
        using var sums = new DeviceBuffer<int>(device, 8);
        device.Launch(SimtKernel.Of(SimtKernels.TreeSum), 8, 256, 0, x.View, sums.View);
        Assert.Equal(expected, sums.Download());
        sums.Clear();
        device.Launch(SimtKernel.Of(SimtKernels.TreeSumDynamic), 8, 256, 1024, x.View, sums.View);
        Assert.Equal(expected, sums.Download());
    }

    [Fact]
    public void ViewsMayBeLocalToTheRoundsOfALoop()
    {
        int[] values = Ints(10);
        using var x = Buffer(values);
        using var sums = new DeviceBuffer<int>(device, 1);
        var kernel = SimtKernel.Of(SimtKernels.ViewsInRounds);
        device.Launch(kernel, 1, 1, 0, x.View, sums.View, 9);
        int last = 3, sum = 0;
        for (int round = 0; round < 9; round++)
        {
            last += values[round];
            sum += 2 * last + values[round + 1];
            sum -= sum / 2;
        }
        Assert.Equal([sum], sums.Download());
        // A part of a thread's own array is an address, and what has one is no register: kernels pass the array and where to begin.
        Assert.Equal(4 * sizeof(int), kernel.LocalBytes);
    }

    [Fact]
    public void ShufflesReadTheLaneTheyName()
    {
        int[] v = Ints(32);
        using var x = Buffer(v);
        using var y = new DeviceBuffer<int>(device, 9 * 32);
        using var z = new DeviceBuffer<double>(device, 32);
        device.Launch(SimtKernel.Of(SimtKernels.Shuffles), 1, 32, 0, x.View, y.View, z.View, 4);
        int[] result = y.Download();
        for (int lane = 0; lane < 32; lane++)
        {
            int[] sources = [31 - lane, lane + 3 < 32 ? lane + 3 : lane, lane >= 5 ? lane - 5 : lane, lane ^ 9,
                lane % 8 + 2 < 8 ? lane + 2 : lane, lane % 4 >= 1 ? lane - 1 : lane, lane / 4 * 4 + 1, lane < 16 ? lane : lane - 16, 7];
            for (int kind = 0; kind < sources.Length; kind++)
                Assert.True(v[sources[kind]] == result[kind * 32 + lane], $"shuffle {kind}, lane {lane}");
        }
        Assert.Equal(v.Select((_, lane) => (double)v[Math.Min(lane + 1, 31)]), z.Download());
    }

    [Fact]
    public void VotesCountLanes()
    {
        int[] v = Ints(32);
        using var x = Buffer(v);
        using var y = new DeviceBuffer<int>(device, 96);
        device.Launch(SimtKernel.Of(SimtKernels.Votes), 1, 32, 0, x.View, y.View);
        uint ballot = 0;
        for (int i = 0; i < 32; i++)
            ballot |= (uint)(v[i] & 1) << i;
        int[] result = y.Download();
        Assert.All(result[..32], word => Assert.Equal((int)ballot, word));
        Assert.All(result[32..64], word => Assert.Equal(ballot != 0 ? 1 : 0, word));
        Assert.All(result[64..], word => Assert.Equal(ballot == 0 ? 1 : 0, word));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(50)]
    [InlineData(100)]
    public void BarrierVotesCountTheGroup(int positive)
    {
        using var x = Buffer(Enumerable.Range(0, 100).Select(i => i < positive ? 1 : -1).ToArray());
        using var y = new DeviceBuffer<int>(device, 100);
        device.Launch(SimtKernel.Of(SimtKernels.BarrierVotes), 1, 100, 0, x.View, y.View);
        Assert.All(y.Download(), word => Assert.Equal(positive * 4 + (positive == 100 ? 2 : 0) + (positive < 100 ? 1 : 0), word));
    }

    [Fact]
    public void DivergentLanesComeBackTogether()
    {
        int[] v = Ints(300);
        using var x = Buffer(v);
        using var y = new DeviceBuffer<int>(device, 300);
        y.Clear();
        device.Launch(SimtKernel.Of(SimtKernels.Divergence), 3, 100, 0, x.View, y.View);
        Assert.Equal(v.Select(DivergenceOnHost), y.Download());
        Assert.True(device.Statistics.DivergentBranches > 0);
    }

    private static int DivergenceOnHost(int v)
    {
        int sum = 0;
        for (int k = 0; k < (v & 15); k++)
        {
            if (((v >> k) & 1) == 0)
                continue;
            if (k == 9)
                break;
            sum += k % 3 == 0 ? v : -k;
        }
        switch (v & 3)
        {
            case 0: sum *= 3; break;
            case 1: while (sum > 10) sum /= 2; break;
            case 3: if (sum < 0) return 0; break;
        }
        return sum + 32;
    }

    [Fact]
    public void EveryThreadKnowsItsPlace()
    {
        (Dim3 grid, Dim3 group) = ((3, 2, 2), (5, 4, 3));
        int threads = 5 * 4 * 3, groups = 3 * 2 * 2;
        using var y = new DeviceBuffer<int>(device, groups * threads * 16);
        device.Launch(SimtKernel.Of(SimtKernels.Places), grid, group, 0, y.View);
        int[][] rows = [.. y.Download().Chunk(16)];
        for (int i = 0; i < rows.Length; i++)
        {
            (int g, int t) = (i / threads, i % threads);
            int[] expected =
            [
                g % 3, g / 3 % 2, g / 6, 3, 2, 2, t % 5, t / 5 % 4, t / 20, 5, 4, 3, t % 32, t / 32,
                (t == 0 ? 1 : 0) + (t == threads - 1 ? 2 : 0), (t % 32 == 0 ? 1 : 0) + (t % 32 == 31 ? 2 : 0),
            ];
            Assert.Equal(expected, rows[i]);
        }
    }

    [Fact]
    public void MatricesAreLoadedByRowsAndByColumns()
    {
        ushort[] v = [.. Enumerable.Range(0, 256).Select(i => (ushort)(i * 257))];
        using var x = Buffer(v);
        using var y = new DeviceBuffer<uint>(device, 12 * 32);
        device.Launch(SimtKernel.Of(SimtKernels.LoadMatrices), 1, 32, 0, x.View, y.View);
        uint[][] words = [.. y.Download().Chunk(32)];
        (int Matrix, bool Turned)[] kinds =
            [(0, false), (1, false), (0, true), (1, true), .. Enumerable.Range(0, 8).Select(i => (i % 4, i >= 4))];
        for (int kind = 0; kind < kinds.Length; kind++)
        {
            for (int lane = 0; lane < 32; lane++)
            {
                // The lane's row, and its two columns; the other way round where the matrix was turned.
                uint At(int row, int col) => v[kinds[kind].Matrix * 64 + (kinds[kind].Turned ? col * 8 + row : row * 8 + col)];
                uint expected = At(lane / 4, lane % 4 * 2) | At(lane / 4, lane % 4 * 2 + 1) << 16;
                Assert.True(expected == words[kind][lane], $"way {kind}, lane {lane}: {words[kind][lane]:x}, not {expected:x}");
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(11)]
    [InlineData(32)]
    public void AsynchronousCopiesBringWhatIsInsideAndZeros(int inside)
    {
        int[] v = Ints(128);
        using var x = Buffer(v);
        using var y = new DeviceBuffer<int>(device, 320);
        device.Launch(SimtKernel.Of(SimtKernels.Copies), 1, 32, 0, x.View, y.View, inside);
        Assert.Equal([.. v[..32], .. v.Take(inside), .. new int[32 - inside], .. v, .. v.Take(4 * inside), .. new int[4 * (32 - inside)]], y.Download());
    }

    [Fact]
    public void AtomicsMissNothing()
    {
        int[] v = Ints(1024);
        using var x = Buffer(v);
        using var counts = Buffer(new int[16]);
        using var total = Buffer(new float[2]);
        using var bounds = Buffer(new long[4]);
        device.Launch(SimtKernel.Of(SimtKernels.Histogram), 4, 256, 0, x.View, counts.View, total.View, bounds.View);
        Assert.Equal(Enumerable.Range(0, 16).Select(bin => v.Count(value => (value & 15) == bin)), counts.Download());
        Assert.Equal([512f, v.Max() * 0.25f], total.Download());
        long bits = v.Aggregate(0L, (sum, value) => sum | 1L << (value & 63));
        Assert.Equal([Math.Min(0, v.Min()), Math.Max(0, v.Max()), bits, 42], bounds.Download());
    }

    [Fact]
    public void VectorAccessesMoveWholeVectors()
    {
        float[] v = Floats(64);
        using var x = Buffer(v);
        using var y = new DeviceBuffer<float>(device, 68);
        SimtKernel kernel = SimtKernel.Of(SimtKernels.Vectors);
        device.Launch(kernel, 1, 32, 0, x.View, y.View, 64);
        Assert.Equal(v.Chunk(4).SelectMany(chunk => chunk.Reverse()), y.Download()[..64]);
        Assert.Equal(v[2..4], y.Download()[66..]);
        Assert.Contains("ld.global.v4.f32", kernel.Ptx);
        Assert.Contains("st.global.v2.f32", kernel.Ptx);
    }

    [Fact]
    public void RegisterArraysStayInRegisters()
    {
        const int k = 9, threads = 8;
        (float[] a, float[] b) = (Floats(threads * 4 * k), Floats(k * 4));
        using var da = Buffer(a);
        using var db = Buffer(b);
        using var dc = new DeviceBuffer<float>(device, threads * 16);
        SimtKernel kernel = SimtKernel.Of(SimtKernels.RegisterTile);
        Assert.Equal(0, kernel.LocalBytes);
        Assert.DoesNotContain(".local", kernel.Ptx);
        device.Launch(kernel, 1, threads, 0, da.View, db.View, dc.View, k);
        AssertProduct(a, b, dc.Download(), threads * 4, 4, k, 1e-6);
    }

    [Fact]
    public void ArraysIndexedByDataLieInLocalMemoryAndSaySo()
    {
        int[] v = Ints(64);
        using var x = Buffer(v);
        using var y = new DeviceBuffer<int>(device, 64);
        SimtKernel kernel = SimtKernel.Of(SimtKernels.LocalArray);
        Assert.Equal(8 * sizeof(int), kernel.LocalBytes);
        device.Launch(kernel, 1, 64, 0, x.View, y.View);
        Assert.Equal(v.Select(value => (value & 7) * (value & 7)), y.Download());
    }

    [Fact]
    public void TensorCoresMultiplyTf32()
    {
        (float[] a, float[] b) = (Floats(16 * 8), Floats(8 * 8));
        using var da = Buffer(a);
        using var db = Buffer(b);
        using var dc = new DeviceBuffer<float>(device, 16 * 8);
        device.Launch(SimtKernel.Of(SimtKernels.MmaTf32), 1, 32, 0, da.View, db.View, dc.View);
        AssertProduct(a, b, dc.Download(), 16, 8, 8, 1.0 / 1024);
    }

    [Theory]
    [InlineData(16)]
    [InlineData(80)]
    public void TensorCoresMultiplyBf16ThroughPipelinedCopies(int k)
    {
        ushort[] a = [.. Floats(16 * k).Select(Bf16.FromFloat)], b = [.. Floats(k * 8).Select(Bf16.FromFloat)];
        using var da = Buffer(a);
        using var db = Buffer(b);
        using var dc = new DeviceBuffer<float>(device, 16 * 8);
        device.Launch(SimtKernel.Of(SimtKernels.MmaBf16Pipelined), 1, 32, 0, da.View, db.View, dc.View, k);
        AssertProduct([.. a.Select(Bf16.ToFloat)], [.. b.Select(Bf16.ToFloat)], dc.Download(), 16, 8, k, 1e-6);
    }

    [Fact]
    public void GenericKernelsTakeTheirOperator()
    {
        float[] v = Floats(100);
        using var x = Buffer(v);
        using var y = new DeviceBuffer<float>(device, 100);
        device.Launch(SimtKernel.Of(SimtKernels.Map<SimtKernels.Square>), 2, 32, 0, x.View, y.View, 100);
        Assert.Equal(v.Select(value => value * value), y.Download());
    }

    [Fact]
    public void CapturedWorkIsReplayed()
    {
        using var x = Buffer(Enumerable.Repeat(1f, 64).ToArray());
        using var y = Buffer(new float[64]);
        SimtKernel saxpy = SimtKernel.Of(SampleKernels.Saxpy);
        using IDeviceGraph graph = device.Capture(() =>
        {
            device.Launch(saxpy, 1, 64, 0, x.View, y.View, 2f, 64);
            device.Launch(saxpy, 1, 64, 0, y.View, x.View, 1f, 64);
        });
        Assert.Equal(0f, y.Download()[0]);
        graph.Replay();
        graph.Replay();
        Assert.All(y.Download(), value => Assert.Equal(8f, value));
        Assert.All(x.Download(), value => Assert.Equal(11f, value));
        Assert.Throws<InvalidOperationException>(() => device.Capture(() => y.Download()));
    }
}
