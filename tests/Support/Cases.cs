using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;

namespace BareBert.Tests;

/// <summary>Tries properties on cases that are drawn, the same each time: a test that fails fails again. BAREBERT_FUZZ=N draws others.</summary>
internal static class Cases
{
    private static readonly ulong Seed = ulong.TryParse(Environment.GetEnvironmentVariable("BAREBERT_FUZZ"), out ulong given) ? given : 1;

    /// <summary>It must hold for so many cases.</summary>
    public static void HoldsFor(this Property property, int cases = 100) =>
        property.Check(Config.QuickThrowOnFailure.WithMaxTest(cases).WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(Seed), null))));
}
