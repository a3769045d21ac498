namespace BareBert.Bert.Evaluations;

/// <summary>Minimises a smooth convex function of many variables by limited-memory BFGS.</summary>
/// <remarks>Liu &amp; Nocedal 1989; Nocedal &amp; Wright, "Numerical optimization", algorithms 7.4 and 3.1. Deterministic.</remarks>
internal static class Lbfgs
{
    private const int Memory = 10, MostHalvings = 40;

    /// <summary>Value of the function at a point; writes its gradient.</summary>
    public delegate double Objective(ReadOnlySpan<double> point, Span<double> gradient);

    /// <summary>Moves <paramref name="x"/> to the minimum.</summary>
    /// <returns>How many steps were taken.</returns>
    public static int Minimise(Objective objective, double[] x, int maxIterations, double tolerance)
    {
        double[] gradient = new double[x.Length], nextGradient = new double[x.Length], next = new double[x.Length];
        var history = new List<(double[] S, double[] Y, double Rho)>();
        double value = objective(x, gradient);
        for (int iteration = 0; iteration < maxIterations; iteration++)
        {
            if (FlatVector.MaxMagnitude(gradient) <= tolerance)
                return iteration;
            double[] direction = Direction(gradient, history);
            double slope = FlatVector.Dot(direction, gradient);
            double step = history.Count == 0 ? 1 / Math.Sqrt(FlatVector.Dot(gradient, gradient)) : 1;
            if (!TryStep(objective, x, direction, slope, ref step, ref value, next, nextGradient))
                return iteration;
            Remember(history, x, next, gradient, nextGradient);
            next.CopyTo(x, 0);
            (gradient, nextGradient) = (nextGradient, gradient);
        }
        return maxIterations;
    }

    /// <summary>Halves the step until the value has fallen enough (Armijo).</summary>
    private static bool TryStep(
        Objective objective, double[] x, double[] direction, double slope, ref double step, ref double value, double[] next, double[] nextGradient)
    {
        for (int halving = 0; halving < MostHalvings; halving++, step /= 2)
        {
            for (int i = 0; i < x.Length; i++)
                next[i] = x[i] + step * direction[i];
            double there = objective(next, nextGradient);
            if (there <= value + 1e-4 * step * slope)
            {
                value = there;
                return true;
            }
        }
        return false;
    }

    /// <summary>The two-loop recursion: minus the inverse Hessian, as the history knows it, times the gradient.</summary>
    private static double[] Direction(double[] gradient, List<(double[] S, double[] Y, double Rho)> history)
    {
        double[] q = (double[])gradient.Clone();
        var alpha = new double[history.Count];
        for (int i = history.Count - 1; i >= 0; i--)
        {
            alpha[i] = history[i].Rho * FlatVector.Dot(history[i].S, q);
            FlatVector.AddScaled(history[i].Y, -alpha[i], q);
        }
        if (history.Count > 0)
            FlatVector.Scale(q, 1 / (history[^1].Rho * FlatVector.Dot(history[^1].Y, history[^1].Y)));
        for (int i = 0; i < history.Count; i++)
        {
            double beta = history[i].Rho * FlatVector.Dot(history[i].Y, q);
            FlatVector.AddScaled(history[i].S, alpha[i] - beta, q);
        }
        FlatVector.Scale(q, -1);
        return q;
    }

    private static void Remember(List<(double[] S, double[] Y, double Rho)> history, double[] x, double[] next, double[] gradient, double[] nextGradient)
    {
        double[] s = new double[x.Length], y = new double[x.Length];
        for (int i = 0; i < x.Length; i++)
            (s[i], y[i]) = (next[i] - x[i], nextGradient[i] - gradient[i]);
        double curvature = FlatVector.Dot(s, y);
        if (!(curvature > 1e-300))
            return;
        if (history.Count == Memory)
            history.RemoveAt(0);
        history.Add((s, y, 1 / curvature));
    }
}

/// <summary>The handful of sums over long vectors that the optimiser needs, in float64 and in order.</summary>
internal static class FlatVector
{
    public static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++) sum += a[i] * b[i];
        return sum;
    }

    /// <summary>y += scale·x.</summary>
    public static void AddScaled(ReadOnlySpan<double> x, double scale, Span<double> y)
    {
        for (int i = 0; i < x.Length; i++) y[i] += scale * x[i];
    }

    /// <summary>y *= scale.</summary>
    public static void Scale(Span<double> y, double scale)
    {
        foreach (ref double v in y) v *= scale;
    }

    /// <summary>The largest magnitude; NaN where there is one.</summary>
    public static double MaxMagnitude(ReadOnlySpan<double> x)
    {
        double max = 0;
        foreach (double v in x) max = Math.Max(max, Math.Abs(v));
        return max;
    }
}
