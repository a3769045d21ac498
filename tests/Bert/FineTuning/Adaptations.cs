namespace BareBert.Tests;

/// <summary>What each method adds to a small model.</summary>
internal static class Adaptations
{
    public static Adaptation? Of(FineTuningMethod method, ParameterLayout layout) => method switch
    {
        FineTuningMethod.Adapter => new BottleneckAdaptation { Size = 8 },
        FineTuningMethod.Lora or FineTuningMethod.Qlora => new LowRankAdaptation
        {
            Rank = 4,
            Alpha = 8,
            Dropout = 0.1,
            Modules = LowRankAdaptation.ModulesFor(layout, ["query", "value", "ffn-in"]),
            Quantizes = method == FineTuningMethod.Qlora,
        },
        _ => null,
    };
}
