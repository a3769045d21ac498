using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

[Collection("devices")]
public sealed class AttentionConformance(DeviceFixture devices)
{
    // Sequence lengths of a batch, heads, head size.
    private static readonly (int[] Lengths, int Heads, int HeadSize)[] Shapes =
    [
        ([1], 1, 1), ([1, 1, 1], 2, 32), ([31], 3, 8), ([32, 33], 1, 64), ([5, 1, 17, 2, 40], 4, 31), ([1, 70], 2, 64),
        ([129], 1, 33), ([140, 3], 2, 16), ([7, 9, 33], 12, 64),
    ];

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void ForwardAndBackwardMatch(string device)
    {
        foreach ((int[] lengths, int heads, int headSize) in devices.Fitting(device, Shapes, shape => shape.Lengths.Sum(length => (long)length * length) * shape.Heads))
        {
            foreach (double rate in new[] { 0, 0.1 })
            {
                foreach (bool isCausal in new[] { false, true })
                    Check(device, lengths, heads, headSize, new DropoutMask(rate, Seed: 99, Step: 4, Op: 2, FirstRow: 8), isCausal);
            }
        }
    }

    /// <summary>Some tokens ask, or none of a sequence, or more than it has.</summary>
    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void SomeQueriesMatch(string device)
    {
        foreach ((int[] lengths, int heads, int headSize) in devices.Fitting(device, [.. Shapes, ([200, 5, 2, 9], 2, 16)], shape => shape.Lengths.Sum(length => (long)length * length) * shape.Heads))
        {
            int[] queries = [.. lengths.Select((length, i) => (i % 4) switch { 0 => (2 * length + 2) / 3, 1 => 0, 2 => length + 1, _ => 1 })];
            foreach (double rate in new[] { 0, 0.1 })
                Check(device, lengths, heads, headSize, new DropoutMask(rate, Seed: 99, Step: 4, Op: 2, FirstRow: 8), isCausal: false, queries);
        }
    }

    /// <summary>Tokens that ask alone get what they get among all, to the bit.</summary>
    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void AQueryIsAnsweredAsAmongAll(string device)
    {
        using Trial trial = devices.On(device);
        Operand qkv = trial.Normal(new(70, 3 * 32)), q = trial.Normal(new(3, 32)), kv = trial.Normal(new(70, 2 * 32)), all = trial.Output(new(70, 32)), some = trial.Output(new(3, 32));
        int[] asking = [4, 20, 69];
        float[] beside = trial.Result(qkv);
        for (int token = 0; token < 70; token++)
        {
            for (int column = 0; column < 64; column++)
                trial.Set(kv, token * 64 + column, beside[token * 96 + 32 + column]);
        }
        for (int i = 0; i < asking.Length; i++)
        {
            for (int column = 0; column < 32; column++)
                trial.Set(q, i * 32 + column, beside[asking[i] * 96 + column]);
        }
        Operand offsets = trial.Ints(0, 20, 70), queryOffsets = trial.Ints(0, 1, 3);
        trial.Run((k, t) => k.Run(new AttentionForward { Y = t(all), Qkv = t(qkv), Offsets = t(offsets), MaxLength = 50, Heads = 2, Dropout = DropoutMask.None }));
        trial.Run((k, t) => k.Run(new AttentionForward
        {
            Y = t(some), Queries = t(q), KeysValues = t(kv), Offsets = t(offsets), QueryOffsets = t(queryOffsets), MaxLength = 50, Heads = 2, Dropout = DropoutMask.None,
        }));
        float[] expected = [.. asking.SelectMany(token => trial.Result(all)[(token * 32)..(token * 32 + 32)])];
        Assert.Equal(expected, trial.Result(some));
    }

    /// <summary>What follows a token changes nothing of it, to the bit.</summary>
    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void ACausalTokenSeesNoneThatFollow(string device)
    {
        float[]? before = null;
        foreach (float next in new[] { 1f, -5f })
        {
            using Trial trial = devices.On(device);
            Operand qkv = trial.Normal(new(70, 3 * 32)), y = trial.Output(new(70, 32)), lse = trial.Output(new(70, 2)), offsets = trial.Ints(0, 70);
            for (int i = 66 * 96; i < 70 * 96; i++)
                trial.Set(qkv, i, next);
            trial.Run((k, t) => k.Run(new AttentionForward
            {
                Y = t(y), LogSumExp = t(lse), Qkv = t(qkv), Offsets = t(offsets), MaxLength = 70, Heads = 2, Dropout = DropoutMask.None, IsCausal = true,
            }));
            float[] seen = trial.Result(y)[..(66 * 32)];
            Assert.Equal(before ??= seen, seen);
        }
    }

    /// <summary>Where there is no backward pass nobody reads the sums of exponentials: y is the same without them, to the bit.</summary>
    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void LogSumExpMayBeLeftOut(string device)
    {
        using Trial trial = devices.On(device);
        Operand qkv = trial.Normal(new(150, 3 * 48)), lse = trial.Output(new(150, 3)), offsets = trial.Ints(0, 9, 150);
        Operand with = trial.Output(new(150, 48)), without = trial.Output(new(150, 48));
        foreach ((Operand y, Operand sums) in new[] { (with, lse), (without, default) })
        {
            trial.Run((k, t) => k.Run(new AttentionForward
            {
                Y = t(y), LogSumExp = t(sums), Qkv = t(qkv), Offsets = t(offsets), MaxLength = 141, Heads = 3, Dropout = DropoutMask.None,
            }));
        }
        trial.Matches(without, Tolerance.Sums(16, 141), "y");
        Assert.Equal(trial.Result(with), trial.Result(without));
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void LargeScoresDoNotOverflow(string device)
    {
        using Trial trial = devices.On(device);
        Operand qkv = trial.Normal(new(50, 3 * 32), 20), y = trial.Output(new(50, 32)), lse = trial.Output(new(50, 2)), offsets = trial.Ints(0, 20, 50);
        trial.Run((k, t) => k.Run(new AttentionForward
        {
            Y = t(y), LogSumExp = t(lse), Qkv = t(qkv), Offsets = t(offsets), MaxLength = 30, Heads = 2, Dropout = DropoutMask.None,
        }));
        trial.Matches(lse, new Tolerance(2e-6, 1e-3), "logSumExp");
        trial.Matches(y, new Tolerance(1e-3, 2e-2), "y");
        Assert.All(trial.Result(y), value => Assert.True(float.IsFinite(value)));
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void NaNStaysInItsSequence(string device)
    {
        using Trial trial = devices.On(device);
        Operand qkv = trial.Normal(new(45, 3 * 32)), y = trial.Output(new(45, 32)), lse = trial.Output(new(45, 2)), offsets = trial.Ints(0, 20, 33, 45);
        trial.Set(qkv, 25 * 96 + 40, float.NaN); // k of token 25, head 0.
        trial.Run((k, t) => k.Run(new AttentionForward
        {
            Y = t(y), LogSumExp = t(lse), Qkv = t(qkv), Offsets = t(offsets), MaxLength = 20, Heads = 2, Dropout = DropoutMask.None,
        }));
        trial.Matches(y, Tolerance.Sums(16, 20), "y");
        trial.Matches(lse, Tolerance.Sums(16, 20), "logSumExp");
        Assert.Equal(13 * 16, trial.Result(y).Count(float.IsNaN));
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void WrongShapesAreRejected(string device)
    {
        using Trial trial = devices.On(device);
        Operand qkv = trial.Normal(new(6, 24)), odd = trial.Normal(new(6, 25)), y = trial.Normal(new(6, 8)), lse = trial.Normal(new(6, 2)), offsets = trial.Ints(0, 2, 6), other = trial.Normal(new(6, 7));
        AttentionForward Forward(Func<Operand, Tensor> t) => new()
        {
            Y = t(y), LogSumExp = t(lse), Qkv = t(qkv), Offsets = t(offsets), MaxLength = 4, Heads = 2, Dropout = DropoutMask.None,
        };
        trial.Rejects((k, t) => k.Run(Forward(t) with { Y = t(other) }));
        trial.Rejects((k, t) => k.Run(Forward(t) with { LogSumExp = t(other) }));
        trial.Rejects((k, t) => k.Run(Forward(t) with { Qkv = t(odd) }));
        trial.Rejects((k, t) => k.Run(Forward(t) with { Heads = 3 }));
        trial.Rejects((k, t) => k.Run(Forward(t) with { Heads = 0 }));
        trial.Rejects((k, t) => k.Run(Forward(t) with { Offsets = default }));
        trial.Rejects((k, t) => k.Run(Forward(t) with { KeysValues = t(other) }));
        Operand q = trial.Normal(new(3, 8)), kv = trial.Normal(new(6, 16)), asked = trial.Normal(new(3, 8)), sums = trial.Normal(new(3, 2)), at = trial.Ints(0, 0, 3), back = trial.Ints(0, 2, 1);
        AttentionForward Some(Func<Operand, Tensor> t) => Forward(t) with
        {
            Y = t(asked), LogSumExp = t(sums), Queries = t(q), KeysValues = t(kv), QueryOffsets = t(at),
        };
        trial.Run((k, t) => k.Run(Some(t)));
        trial.Rejects((k, t) => k.Run(Some(t) with { IsCausal = true }));
        trial.Rejects((k, t) => k.Run(Some(t) with { QueryOffsets = default }));
        trial.Rejects((k, t) => k.Run(Some(t) with { KeysValues = t(qkv) }));
        trial.Rejects((k, t) => k.Run(Some(t) with { Y = t(y) }));
        trial.Rejects((k, t) => k.Run(Some(t) with { Heads = 3 }));
        trial.RejectsIndex((k, t) => k.Run(Some(t) with { QueryOffsets = t(back) }));
        trial.RejectsIndex((k, t) => k.Run(Forward(t) with { MaxLength = 3 }));
        AttentionBackward Backward(Func<Operand, Tensor> t) => new()
        {
            DQkv = t(qkv), DY = t(y), Y = t(y), LogSumExp = t(lse), Qkv = t(qkv), Offsets = t(offsets), MaxLength = 4, Heads = 2,
            Dropout = DropoutMask.None,
        };
        trial.RejectsIndex((k, t) => k.Run(Backward(t) with { MaxLength = 3 }));
        trial.Rejects((k, t) => k.Run(Backward(t) with { DQkv = t(odd) }));
        trial.Rejects((k, t) => k.Run(Backward(t) with { OverwriteDQueries = true }));
        trial.Rejects((k, t) => k.Run(Backward(t) with { LogSumExp = default }));
        trial.Rejects((k, t) => k.Run(Backward(t) with { DY = t(other) }));
    }

    // queries: how many of each sequence; null: every token asks.
    private void Check(string device, int[] lengths, int heads, int headSize, DropoutMask dropout, bool isCausal, int[]? queries = null)
    {
        var attention = new AttentionTrial(lengths, queries, heads, headSize, dropout, isCausal);
        Tolerance tolerance = Tolerance.Sums(headSize, attention.Longest);
        bool overwrite = isCausal == dropout.IsNone;
        using Trial trial = devices.On(device);
        attention.Check(trial, overwrite, !overwrite, tolerance, Tolerance.Sums(headSize, 1), tolerance);
    }
}
