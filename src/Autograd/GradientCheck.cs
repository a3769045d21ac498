using BareBert.Kernels;

namespace BareBert.Autograd;

/// <summary>
/// Compares a backward pass with central differences: in a random direction u, ⟨gradient, u⟩ must be
/// (f(x + h·u) − f(x − h·u))/2h. One direction at a time exposes an error in any element.
/// </summary>
/// <remarks>Meant for <see cref="ReferenceKernels{T}"/> of double. The idea is HIPS/autograd's check_grads.</remarks>
public static class GradientCheck
{
    private const double DefaultStep = 3e-6;

    /// <summary>The largest relative error over a number of random directions.</summary>
    /// <param name="inputs">Float64 leaves that require gradients; perturbed and restored.</param>
    /// <param name="loss">Runs the forward pass and returns the loss.</param>
    /// <param name="gradients">Runs forward and backward and returns each input's gradient on the host, in their order.</param>
    /// <param name="seed">Of the directions.</param>
    /// <param name="directions">How many.</param>
    /// <returns>max |analytic − numeric|/max(|analytic|, |numeric|, 1e-8); NaN if anything is NaN.</returns>
    public static double MaxRelativeError(
        IReadOnlyList<Tensor> inputs, Func<double> loss, Func<double[][]> gradients, ulong seed = 1, int directions = 3)
    {
        double[][] gradient = gradients();
        double worst = 0;
        for (int i = 0; i < directions; i++)
        {
            double[][] direction = RandomDirection(inputs, new PhiloxStream(seed, (uint)i));
            double analytic = gradient.Zip(direction, Dot).Sum();
            double numeric = CentralDifference(inputs, direction, loss);
            double error = Math.Abs(analytic - numeric) / Math.Max(Math.Max(Math.Abs(analytic), Math.Abs(numeric)), 1e-8);
            worst = Math.Max(worst, error);
        }
        return worst;
    }

    private static double CentralDifference(IReadOnlyList<Tensor> inputs, double[][] direction, Func<double> loss)
    {
        double[][] original = [.. inputs.Select(t => t.ToArray<double>())];
        Move(inputs, original, direction, DefaultStep);
        double up = loss();
        Move(inputs, original, direction, -DefaultStep);
        double down = loss();
        Move(inputs, original, direction, 0);
        return (up - down) / (2 * DefaultStep);
    }

    private static void Move(IReadOnlyList<Tensor> inputs, double[][] original, double[][] direction, double step)
    {
        for (int i = 0; i < inputs.Count; i++)
            inputs[i].Upload<double>(original[i].Zip(direction[i], (x, u) => x + step * u).ToArray());
    }

    private static double[][] RandomDirection(IReadOnlyList<Tensor> inputs, PhiloxStream random)
    {
        var direction = new double[inputs.Count][];
        for (int i = 0; i < direction.Length; i++)
        {
            direction[i] = new double[inputs[i].Count];
            for (int j = 0; j < direction[i].Length; j++)
                direction[i][j] = random.NextNormal();
        }
        return direction;
    }

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();
}
