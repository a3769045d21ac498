namespace BareBert.Bert.Exchange.Onnx.Import;

/// <summary>A linear layer, or a part of the columns that it makes where several were joined.</summary>
/// <param name="Weight">[all, in].</param>
/// <param name="Bias">[all], of these or of more layers.</param>
/// <param name="Rows">How many of the rows are this layer's.</param>
/// <param name="First">The first of them.</param>
/// <param name="FirstOfBias">The first of the bias's numbers.</param>
internal sealed record LinearRows(OnnxTensor Weight, OnnxTensor Bias, int Rows, int First = 0, int FirstOfBias = 0)
{
    /// <summary>One of several of the same size that were joined.</summary>
    public LinearRows Part(int part, int parts) =>
        this with { Rows = Rows / parts, First = part * (Rows / parts), FirstOfBias = part * (Rows / parts) };

    /// <summary>Weight and bias under a module's name.</summary>
    public IEnumerable<(string Name, int Piece, long[] Shape, ReadTensor Read)> Tensors(string module, int piece = 0)
    {
        int width = (int)Weight.Shape[1];
        yield return ($"{module}.weight", piece, [Rows, width], to => Weight.Floats().AsSpan(First * width, Rows * width).CopyTo(to));
        yield return ($"{module}.bias", piece, [Rows], to => Bias.Floats().AsSpan(FirstOfBias, Rows).CopyTo(to));
    }
}
