using BareBert.Kernels;

namespace BareBert.Bert.Inference;

/// <summary>Compares vectors with each other, as their model means them to be compared.</summary>
internal sealed class Similarity : IDisposable
{
    private const int QueriesAtOnce = 256;
    private const double LeastLength = 1e-12;

    private readonly IKernels _kernels;
    private readonly bool _isCosine;
    private readonly Arena _kept, _step;
    private readonly Tensor _documents;
    private readonly int _width;

    /// <param name="kernels">The device.</param>
    /// <param name="modules">The model's: by the cosine, or by the product alone.</param>
    /// <param name="documents">[documents][C] what others are compared with.</param>
    /// <exception cref="InputException">The model's vectors are compared in a way that is not computed here.</exception>
    public Similarity(IKernels kernels, SentenceModules modules, IReadOnlyList<float[]> documents)
    {
        _isCosine = modules.Similarity switch
        {
            "cosine" => true,
            "dot" => false,
            string other => throw new InputException($"not supported: the model's vectors are compared by {Printable.Quote(other)}; by cosine or dot is"),
        };
        (_kernels, _width) = (kernels, documents.Count == 0 ? 0 : documents[0].Length);
        (_kept, _step) = (new Arena(kernels.Memory), new Arena(kernels.Memory));
        _documents = Upload(_kept, [.. documents]);
    }

    /// <summary>Compares vectors with every document.</summary>
    /// <param name="queries">[queries][C].</param>
    /// <param name="cancel">Stops.</param>
    /// <param name="take">Called for each query with its number and [documents], the higher the more alike.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public void Compare(IReadOnlyList<float[]> queries, CancellationToken cancel, Action<int, float[]> take)
    {
        for (int start = 0; start < queries.Count; start += QueriesAtOnce)
        {
            cancel.ThrowIfCancellationRequested();
            float[][] some = [.. queries.Skip(start).Take(QueriesAtOnce)];
            if (_width == 0)
            {
                for (int i = 0; i < some.Length; i++)
                    take(start + i, []);
                continue;
            }
            Tensor scores = _step.Allocate(new Shape(some.Length, _documents.Rows), _kernels.ElementType);
            _kernels.Run(new MatrixMultiply { C = scores, A = Upload(_step, some), B = _documents, TransposeB = true });
            float[] all = scores.ToArray<float>();
            for (int i = 0; i < some.Length; i++)
                take(start + i, all[(i * _documents.Rows)..((i + 1) * _documents.Rows)]);
            _step.Reset();
        }
    }

    /// <summary>Compares two lists one by one.</summary>
    /// <returns>[pairs].</returns>
    public static double[] OfPairs(SentenceModules modules, IReadOnlyList<float[]> first, IReadOnlyList<float[]> second)
    {
        bool isDot = modules.Similarity == "dot";
        return [.. first.Zip(second, (a, b) =>
        {
            double product = 0;
            for (int i = 0; i < a.Length; i++)
                product += (double)a[i] * b[i];
            return isDot ? product : product / (LengthOf(a) * LengthOf(b));
        })];
    }

    public void Dispose()
    {
        _kept.Dispose();
        _step.Dispose();
    }

    private Tensor Upload(Arena arena, float[][] vectors) => arena.Upload<float>(new Shape(vectors.Length, _width),
        _isCosine ? [.. vectors.SelectMany(Normalized)] : [.. vectors.SelectMany(v => v)]);

    private static IEnumerable<float> Normalized(float[] vector)
    {
        double length = LengthOf(vector);
        return vector.Select(x => (float)(x / length));
    }

    private static double LengthOf(float[] vector) => Math.Max(LeastLength, Math.Sqrt(vector.Sum(x => (double)x * x)));
}
