using BareBert.Kernels;

namespace BareBert.Bert.Models;

/// <summary>
/// Has each head begin by looking at a neighbour of its own: the word before, the word after, the second before, …, as trained models come to do by themselves (Clark et al. 2019, "What Does BERT
/// Look At?", arXiv:1906.04341) and as vision transformers are begun to be convolutions (d'Ascoli et al. 2021, "ConViT", arXiv:2103.10697). Nothing is fixed: training goes on from there.
/// </summary>
/// <remarks>
/// <para>Positions begin as sines and cosines (Vaswani et al. 2017, arXiv:1706.03762): dimension pair i of position p is a·(sin ω_i p, cos ω_i p). Moving on by δ positions turns each pair by the
/// angle ω_i δ, which is a matrix R_δ, the same wherever one stands. With W_K = W_Q·R_δᵀ the key of position p + δ is the query of position p, as far as positions go, so the score is largest there.</para>
/// <para>The wavelengths, from 4 tokens to the number of positions, are closer together than in the paper: neighbours have to differ. Positions are twice as large as words, so that they
/// outweigh what words add to the scores.</para>
/// </remarks>
internal static class NeighbourInit
{
    private const double Shortest = 4;

    // The score of the neighbour that a head looks at, were positions all that it reads: in a head of h rows, deviation² · h · |x|² / √h, where LayerNorm makes |x|² the width. Found with the
    // mini model, whose deviation is 0.1 then; at four times the score, attention is too hard to learn, at a third too soft to help as much.
    private const double Sharpness = 20.48;

    // Positions' standard deviation, in that of the words.
    private const double PositionScale = 2;

    /// <summary>Whether it can be done: positions must reach attention as they are, which ALBERT's do not, whose embeddings are projected before.</summary>
    public static bool Fits(BertConfig config) => config.Family != ModelFamily.Albert;

    /// <summary>Sets the positions and draws the queries' and keys' weights anew.</summary>
    /// <param name="model">A new one.</param>
    /// <param name="seed">Of the model.</param>
    public static void Apply(BertModel model, ulong seed)
    {
        ParameterSpec table = model.Layout["embeddings.position"];
        double[] frequencies = Frequencies(table.Shape[1] / 2, table.Shape[0]);
        model.Set(table, Positions(table, frequencies, PositionScale * model.Config.InitializerRange));
        (double Sin, double Cos)[][] turns = [.. Enumerable.Range(0, model.Config.Heads).Select(head => Turn(frequencies, OffsetOf(head)))];
        foreach ((int stream, ParameterSpec joined) in AttentionWeights.Of(model))
        {
            var weights = new float[joined.Count];
            NormalFill.Fill(weights, model.Config.InitializerRange, seed, (uint)stream);
            int width = joined.Shape[1], headRows = width / model.Config.Heads;
            double deviation = Math.Sqrt(Sharpness / (width * Math.Sqrt(headRows)));
            Span<float> queries = weights.AsSpan(0, weights.Length / 3), keys = weights.AsSpan(queries.Length, queries.Length);
            AttentionWeights.Multiply(queries, deviation / model.Config.InitializerRange);
            queries.CopyTo(keys);
            for (int row = 0; row < width; row++)
                TurnBack(keys.Slice(row * width, width), turns[row / headRows]);
            model.Set(joined, weights);
        }
    }

    /// <summary>Where a head looks, in positions from where it stands: −1, 1, −2, 2, …</summary>
    public static int OffsetOf(int head) => (head % 2 == 0 ? -1 : 1) * (head / 2 + 1);

    // Radians a position, wavelengths in geometric order.
    private static double[] Frequencies(int count, int positions)
    {
        double span = Math.Max(positions, 2 * Shortest) / Shortest;
        return [.. Enumerable.Range(0, count).Select(i => 2 * Math.PI / (Shortest * Math.Pow(span, i / Math.Max(1.0, count - 1))))];
    }

    // A sine's standard deviation is its amplitude over √2.
    private static float[] Positions(ParameterSpec table, double[] frequencies, double deviation)
    {
        var values = new float[table.Count];
        int width = table.Shape[1];
        double amplitude = deviation * Math.Sqrt(2);
        for (int position = 0; position < table.Shape[0]; position++)
        {
            foreach ((int i, (double sin, double cos)) in Turn(frequencies, position).Index())
            {
                values[position * width + 2 * i] = (float)(amplitude * sin);
                values[position * width + 2 * i + 1] = (float)(amplitude * cos);
            }
        }
        return values;
    }

    // By which angle each pair is turned over a distance.
    private static (double Sin, double Cos)[] Turn(double[] frequencies, int distance) => [.. frequencies.Select(frequency => Math.SinCos(frequency * distance))];

    // row := row·R_δᵀ, whose product with position p + δ is that of row with position p.
    private static void TurnBack(Span<float> row, (double Sin, double Cos)[] turn)
    {
        for (int i = 0; i < turn.Length; i++)
        {
            (double sin, double cos) = turn[i];
            (float forSine, float forCosine) = (row[2 * i], row[2 * i + 1]);
            row[2 * i] = (float)(forSine * cos + forCosine * sin);
            row[2 * i + 1] = (float)(forCosine * cos - forSine * sin);
        }
    }
}
