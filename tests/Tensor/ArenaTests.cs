using Xunit;

namespace BareBert.Tests;

public sealed class ArenaTests : IDisposable
{
    private readonly HostMemory _memory = new();
    private readonly Arena _arena;

    public ArenaTests() => _arena = new Arena(_memory);

    [Fact]
    public void UseAfterResetThrows()
    {
        Tensor tensor = _arena.Allocate(new Shape(("B*T", 5), ("C", 33)));
        _arena.Reset();
        string message = Assert.Throws<InvalidOperationException>(() => tensor.Address).Message;
        Assert.Equal("[B*T=5, C=33] was used after its arena was reset", message);
        Assert.Throws<InvalidOperationException>(() => tensor.Span<float>().Length);
        Assert.Throws<InvalidOperationException>(() => tensor.ToArray<float>());
        Assert.Throws<InvalidOperationException>(() => tensor.RowSlice(0, 1));
    }

    [Fact]
    public void UseAfterDisposeThrows()
    {
        Tensor tensor = _arena.Allocate(new Shape(5));
        _arena.Dispose();
        Assert.Throws<InvalidOperationException>(() => tensor.Address);
    }

    [Fact]
    public void TensorsDoNotOverlapAndAreAligned()
    {
        Tensor[] tensors = [.. Enumerable.Range(0, 200).Select(i => _arena.Allocate(new Shape(i * 97)))];
        Assert.All(tensors, t => Assert.True(t.Address % 256 == 0));
        foreach ((Tensor a, Tensor b) in tensors.OrderBy(t => t.Address).Zip(tensors.OrderBy(t => t.Address).Skip(1)))
            Assert.True(a.Address + (nint)a.Bytes <= b.Address);
    }

    [Fact]
    public void GrowsOnceAndThenHoldsAStep()
    {
        long[] capacities = new long[4], allocated = new long[4];
        for (int step = 0; step < 4; step++)
        {
            for (int i = 0; i < 50; i++)
                _arena.Allocate(new Shape(100_000));
            (capacities[step], allocated[step]) = (_arena.Capacity, _memory.Allocated);
            _arena.Reset();
        }
        Assert.True(capacities[0] >= 50 * 400_000);
        Assert.Equal(capacities[1], capacities[2]);
        Assert.Equal(capacities[2], capacities[3]);
        Assert.Equal(allocated[1], allocated[3]);
        Assert.True(capacities[3] <= 50 * 400_000 * 1.2);
    }

    [Fact]
    public void RecycledMemoryIsTakenBySameSizes()
    {
        Tensor first = _arena.Allocate(new Shape(10, 10));
        nint address = first.Address;
        _arena.Recycle(first);
        Assert.NotEqual(address, _arena.Allocate(new Shape(1000)).Address);
        Assert.Equal(address, _arena.Allocate(new Shape(100)).Address);
        Assert.NotEqual(address, _arena.Allocate(new Shape(100)).Address);
    }

    [Fact]
    public void RecycledMemoryIsForgottenOnReset()
    {
        _arena.Recycle(_arena.Allocate(new Shape(100)));
        _arena.Reset();
        Assert.NotEqual(_arena.Allocate(new Shape(100)).Address, _arena.Allocate(new Shape(100)).Address);
    }

    [Fact]
    public void ZerosAreZeroInUsedMemory()
    {
        _arena.Allocate(new Shape(100)).Span<float>().Fill(float.NaN);
        _arena.Reset();
        Assert.All(_arena.Zeros(new Shape(100)).ToArray<float>(), value => Assert.Equal(0, value));
    }

    [Fact]
    public void MemoryIsGivenBack()
    {
        _arena.Allocate(new Shape(3_000_000));
        Assert.True(_memory.Allocated >= 12_000_000);
        _arena.Dispose();
        Assert.Equal(0, _memory.Allocated);
    }

    [Fact]
    public void TransfersCheckTypeAndLength()
    {
        Tensor tensor = _arena.Upload<float>(new Shape(2, 3), [1, 2, 3, 4, 5, 6]);
        Assert.Equal([1, 2, 3, 4, 5, 6], tensor.ToArray<float>());
        Assert.Equal([4, 5, 6], tensor.RowSlice(1, 1).ToArray<float>());
        Assert.Equal([3, 4], tensor.Slice(2, new Shape(2)).ToArray<float>());
        Assert.Throws<ArgumentException>(() => tensor.Upload<float>([1, 2]));
        Assert.Throws<ArgumentException>(() => tensor.Download<float>(new float[7]));
        Assert.Throws<InvalidOperationException>(() => tensor.ToArray<int>());
        Assert.Throws<InvalidOperationException>(() => tensor.Span<double>().Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => tensor.Slice(5, new Shape(2)));
        Assert.Throws<ArgumentOutOfRangeException>(() => tensor.RowSlice(2, 1));
        Assert.Throws<ArgumentException>(() => tensor.View(new Shape(7)));
        Assert.Throws<InvalidOperationException>(() => default(Tensor).Address);
    }

    [Fact]
    public void CopiesNeedTheSameShapeAndType()
    {
        Tensor a = _arena.Upload<int>(new Shape(3), [1, 2, 3]), b = _arena.Zeros(new Shape(3), DType.Int32);
        b.CopyFrom(a);
        Assert.Equal([1, 2, 3], b.ToArray<int>());
        Assert.Throws<ArgumentException>(() => b.CopyFrom(_arena.Zeros(new Shape(3))));
        Assert.Throws<ArgumentException>(() => b.CopyFrom(_arena.Zeros(new Shape(1, 3), DType.Int32)));
    }

    public void Dispose()
    {
        _arena.Dispose();
        _memory.Dispose();
    }
}
