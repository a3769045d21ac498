namespace BareBert.Bert.Checkpoints;

/// <summary>A tensor as PyTorch stores it: a strided view of a storage. Offset and strides count elements.</summary>
internal sealed record PytorchTensor(PytorchStorage Storage, long Offset, long[] Shape, long[] Strides)
{
    /// <summary>Whether its elements lie in the storage in row-major order without gaps.</summary>
    public bool IsContiguous
    {
        get
        {
            long expected = 1;
            for (int d = Shape.Length - 1; d >= 0; d--)
            {
                if (Shape[d] != 1 && Strides[d] != expected)
                    return false;
                expected *= Shape[d];
            }
            return true;
        }
    }

    /// <summary>How many elements of the storage lie between its first and its last one, both included; 0 when it has none.</summary>
    public long Extent => Array.IndexOf(Shape, 0L) >= 0 ? 0 : 1 + Shape.Zip(Strides).Sum(d => (d.First - 1) * d.Second);

    /// <summary>The tensor, when the numbers of an untrusted file make one that lies within the storage.</summary>
    public static PytorchTensor? Create(PytorchStorage storage, long offset, object?[] shape, object?[] strides)
    {
        const int MaxDimensions = 16;
        if (shape.Length != strides.Length || shape.Length > MaxDimensions
            || !shape.All(d => d is >= 0L) || !strides.All(s => s is >= 0L) || offset < 0 || offset > storage.Count)
            return null;
        var tensor = new PytorchTensor(storage, offset, [.. shape.Cast<long>()], [.. strides.Cast<long>()]);
        try
        {
            // Sums of Enumerable are checked, the products within must be made so.
            checked
            {
                long count = tensor.Shape.Aggregate(1L, (product, d) => checked(product * Math.Max(d, 1)));
                foreach ((long dimension, long stride) in tensor.Shape.Zip(tensor.Strides))
                    _ = Math.Max(dimension - 1, 0) * stride;
                return count <= Array.MaxLength && tensor.Extent <= storage.Count - offset ? tensor : null;
            }
        }
        catch (OverflowException)
        {
            return null;
        }
    }
}
