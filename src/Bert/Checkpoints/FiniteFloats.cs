using System.Numerics;
using System.Runtime.InteropServices;

namespace BareBert.Bert.Checkpoints;

/// <summary>Looks for values that are no numbers, of weights that are read and of what a model gives.</summary>
internal static class FiniteFloats
{
    /// <summary>Where the first NaN or infinity is; −1 where all are numbers.</summary>
    public static int IndexOfOther(ReadOnlySpan<float> values)
    {
        if (AreAll(values))
            return -1;
        int at = 0;
        while (float.IsFinite(values[at]))
            at++;
        return at;
    }

    // A number times zero is zero; what is none makes the sum none.
    private static bool AreAll(ReadOnlySpan<float> values)
    {
        Vector<float> sum = Vector<float>.Zero;
        ReadOnlySpan<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(values);
        foreach (Vector<float> vector in vectors)
            sum += vector * Vector<float>.Zero;
        float rest = Vector.Sum(sum);
        foreach (float value in values[(vectors.Length * Vector<float>.Count)..])
            rest += value * 0;
        return rest == 0;
    }
}
