using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

[Collection("devices")]
public sealed class ColumnsConformance(DeviceFixture devices)
{
    // Rows, columns, those of the wider matrix, where the narrow one begins.
    private static readonly (int Rows, int Cols, int Wide, int First)[] Shapes = [(1, 1, 1, 0), (9, 2, 5, 3), (33, 31, 65, 0), (7, 32, 96, 32), (31, 33, 66, 33), (2, 768, 2304, 768)];

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void CopiesAndAddsMatch(string device)
    {
        foreach ((int rows, int cols, int wide, int first) in devices.Fitting(device, Shapes, shape => (long)shape.Rows * shape.Wide))
        {
            using Trial trial = devices.On(device);
            Operand x = trial.Normal(new(rows, cols)), y = trial.Normal(new(rows, wide)), dx = trial.Normal(new(rows, cols));
            trial.Run((k, t) => k.Run(new ColumnAdd { DX = t(dx), DY = t(y), First = first }));
            trial.Matches(dx, Tolerance.Exact, "dx");
            trial.Run((k, t) => k.Run(new ColumnCopy { Y = t(y), X = t(x), First = first }));
            trial.Matches(y, Tolerance.Exact, "y, with the columns that stay");
        }
    }

    [Theory, MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void WhatDoesNotFitIsRejected(string device)
    {
        using Trial trial = devices.On(device);
        Operand x = trial.Normal(new(4, 3)), y = trial.Normal(new(4, 8)), other = trial.Normal(new(5, 8));
        foreach (int first in new[] { -1, 6, int.MaxValue })
            trial.Rejects((k, t) => k.Run(new ColumnCopy { Y = t(y), X = t(x), First = first }));
        trial.Rejects((k, t) => k.Run(new ColumnCopy { Y = t(other), X = t(x), First = 0 }));
        trial.Rejects((k, t) => k.Run(new ColumnAdd { DX = t(x), DY = t(y), First = 6 }));
    }
}
