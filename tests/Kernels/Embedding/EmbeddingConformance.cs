using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

[Collection("devices")]
public sealed class EmbeddingConformance(DeviceFixture devices)
{
    private const int Words = 37, Positions = 50;

    private static readonly (int Tokens, int Cols)[] Shapes = [(1, 1), (1, 768), (40, 31), (33, 32), (32, 33), (64, 768), (3, 4099), (4099, 2)];

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void ForwardMatches(string device)
    {
        foreach ((int tokens, int cols) in devices.Fitting(device, Shapes, shape => shape.Tokens * (shape.Cols + 31L)))
        {
            foreach (bool typed in new[] { true, false })
            {
                using Trial trial = devices.On(device);
                Tables tables = Tables.Of(trial, tokens, cols, typed);
                Operand y = trial.Output(new(tokens, cols));
                trial.Run((k, t) => k.Run(new EmbeddingForward
                {
                    Y = t(y), Word = t(tables.Word), Position = t(tables.Position), Type = t(tables.Type), Ids = t(tables.Ids),
                    Positions = t(tables.At), Types = t(tables.Types),
                }));
                trial.Matches(y, Tolerance.Exact, "y");
            }
        }
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void BackwardAddsInTheOrderOfTokens(string device)
    {
        foreach ((int tokens, int cols) in devices.Fitting(device, Shapes, shape => shape.Tokens * (shape.Cols + 31L)))
            Backward(device, tokens, cols, wanted: 7);
        for (int wanted = 0; wanted < 7; wanted++)
            Backward(device, 33, 32, wanted);
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void RowsAreGatheredAndScattered(string device)
    {
        foreach ((int tokens, int cols) in devices.Fitting(device, Shapes, shape => shape.Tokens * (shape.Cols + 31L)))
        {
            using Trial trial = devices.On(device);
            Operand y = trial.Output(new(tokens, cols)), x = trial.Normal(new(Words, cols)), rows = trial.Indices(tokens, Words);
            trial.Run((k, t) => k.Run(new RowGather { Y = t(y), X = t(x), Rows = t(rows) }));
            trial.Matches(y, Tolerance.Exact, "y");
            trial.Run((k, t) => k.Run(new RowScatterAdd { DX = t(x), DY = t(y), Rows = t(rows) }));
            trial.Matches(x, Tolerance.Exact, "dx");
        }
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void NaNStaysInItsToken(string device)
    {
        using Trial trial = devices.On(device);
        Operand y = trial.Output(new(4, 33)), x = trial.Normal(new(9, 33)), rows = trial.Ints(3, 5, 3, 8);
        trial.Set(x, 5 * 33 + 32, float.NaN);
        trial.Run((k, t) => k.Run(new RowGather { Y = t(y), X = t(x), Rows = t(rows) }));
        trial.Matches(y, Tolerance.Exact, "y");
        Assert.Equal(1, trial.Result(y).Count(float.IsNaN));
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void WrongArgumentsAreRejected(string device)
    {
        using Trial trial = devices.On(device);
        Tables a = Tables.Of(trial, 4, 6, typed: true);
        Operand y = trial.Output(new(4, 6)), wide = trial.Normal(new(4, 7)), three = trial.Ints(0, 1, 0), high = trial.Ints(0, Words, 1, 2), low = trial.Ints(0, -1, 1, 2);
        EmbeddingForward Forward(Func<Operand, Tensor> t) => new()
        {
            Y = t(y), Word = t(a.Word), Position = t(a.Position), Type = t(a.Type), Ids = t(a.Ids), Positions = t(a.At),
            Types = t(a.Types),
        };
        trial.Rejects((k, t) => k.Run(Forward(t) with { Y = t(wide) }));
        trial.Rejects((k, t) => k.Run(Forward(t) with { Word = t(wide) }));
        trial.Rejects((k, t) => k.Run(Forward(t) with { Position = t(wide) }));
        trial.Rejects((k, t) => k.Run(Forward(t) with { Type = t(wide) }));
        trial.Rejects((k, t) => k.Run(Forward(t) with { Ids = t(three) }));
        trial.Rejects((k, t) => k.Run(Forward(t) with { Types = default }));
        trial.Rejects((k, t) => k.Run(Forward(t) with { Word = default }));
        trial.RejectsIndex((k, t) => k.Run(Forward(t) with { Ids = t(high) }));
        trial.RejectsIndex((k, t) => k.Run(Forward(t) with { Positions = t(low) }));
        EmbeddingBackward Backward(Func<Operand, Tensor> t) => new()
        {
            DWord = t(a.Word), DPosition = t(a.Position), DType = t(a.Type), DY = t(y), Ids = t(a.Ids), Positions = t(a.At),
            Types = t(a.Types),
        };
        trial.Rejects((k, t) => k.Run(Backward(t) with { DType = t(wide) }));
        trial.RejectsIndex((k, t) => k.Run(Backward(t) with { Ids = t(high) }));
        trial.RejectsIndex((k, t) => k.Run(new RowGather { Y = t(y), X = t(a.Word), Rows = t(high) }));
        trial.Rejects((k, t) => k.Run(new RowGather { Y = t(y), X = t(wide), Rows = t(a.Ids) }));
        trial.Rejects((k, t) => k.Run(new RowGather { Y = t(y), X = t(a.Word), Rows = t(three) }));
        trial.RejectsIndex((k, t) => k.Run(new RowScatterAdd { DX = t(a.Word), DY = t(y), Rows = t(low) }));
        trial.Rejects((k, t) => k.Run(new RowScatterAdd { DX = t(wide), DY = t(y), Rows = t(a.Ids) }));
    }

    private void Backward(string device, int tokens, int cols, int wanted)
    {
        using Trial trial = devices.On(device);
        Tables tables = Tables.Of(trial, tokens, cols, (wanted & 4) != 0);
        Operand word = (wanted & 1) != 0 ? tables.Word : default, position = (wanted & 2) != 0 ? tables.Position : default;
        Operand dy = trial.Normal(new(tokens, cols));
        trial.Run((k, t) => k.Run(new EmbeddingBackward
        {
            DWord = t(word), DPosition = t(position), DType = t(tables.Type), DY = t(dy), Ids = t(tables.Ids), Positions = t(tables.At),
            Types = t(tables.Types),
        }));
        trial.Matches(tables.Word, Tolerance.Exact, "dword");
        trial.Matches(tables.Position, Tolerance.Exact, "dposition");
        if (tables.Type.Number != 0)
            trial.Matches(tables.Type, Tolerance.Exact, "dtype");
    }

    private readonly record struct Tables(Operand Word, Operand Position, Operand Type, Operand Ids, Operand At, Operand Types)
    {
        public static Tables Of(Trial trial, int tokens, int cols, bool typed) => new(
            trial.Normal(new(Words, cols)), trial.Normal(new(Positions, cols)), typed ? trial.Normal(new(2, cols)) : default,
            trial.Indices(tokens, Words), trial.Indices(tokens, Positions), typed ? trial.Indices(tokens, 2) : default);
    }
}
