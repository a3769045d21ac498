using BareBert.Simt;
using Xunit;

namespace BareBert.Tests;

/// <summary>Uploads that do not wait, on a device that makes its copies as late as it may.</summary>
public sealed class StagingRingTests
{
    // Copies out of a piece happen when they are waited for, or at any time before: here as the random numbers say.
    private sealed class LateDevice(int pieces, int pieceBytes, Random random) : StagingRing(pieces, pieceBytes)
    {
        private readonly byte[][] _memory = [.. Enumerable.Range(0, pieces).Select(_ => new byte[pieceBytes])];
        private readonly Queue<(int Piece, int Bytes, ulong Target)> _queue = new();

        public byte[] Target { get; } = new byte[1 << 16];

        public int Waits { get; private set; }

        protected override Span<byte> Memory(int piece) => _memory[piece];

        protected override void Send(int piece, int bytes, ulong target)
        {
            _queue.Enqueue((piece, bytes, target));
            while (_queue.Count > 0 && random.Next(3) == 0)
                Copy();
        }

        protected override void Wait(int piece)
        {
            Waits++;
            while (_queue.Any(copy => copy.Piece == piece))
                Copy();
        }

        public void Finish()
        {
            while (_queue.Count > 0)
                Copy();
        }

        private void Copy()
        {
            (int piece, int bytes, ulong target) = _queue.Dequeue();
            _memory[piece].AsSpan(0, bytes).CopyTo(Target.AsSpan((int)target));
        }
    }

    [Theory]
    [InlineData(1, 7)]
    [InlineData(2, 64)]
    [InlineData(5, 100)]
    public void WhatArrivesIsWhatWasSent(int pieces, int pieceBytes)
    {
        var random = new Random(pieces);
        var device = new LateDevice(pieces, pieceBytes, random);
        byte[] expected = new byte[device.Target.Length];
        for (int upload = 0; upload < 300; upload++)
        {
            byte[] source = new byte[random.Next(4 * pieceBytes)];
            random.NextBytes(source);
            int target = random.Next(expected.Length - source.Length);
            source.CopyTo(expected, target);
            device.Upload(source, (ulong)target);
            Array.Clear(source);
        }
        device.Finish();
        Assert.Equal(expected, device.Target);
        Assert.True(device.Waits > 0);
    }

    [Fact]
    public void OnlyARingThatIsFullWaits()
    {
        var device = new LateDevice(4, 16, new Random(1));
        device.Upload(new byte[64], 0);
        Assert.Equal(0, device.Waits);
        device.Upload(new byte[1], 0);
        Assert.Equal(1, device.Waits);
    }
}
