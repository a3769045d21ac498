namespace BareBert.Bert.Exchange.Onnx.Export;

/// <summary>A tensor that was rounded to bytes when it was computed.</summary>
/// <param name="Bytes">uint8.</param>
/// <param name="Scale">What a step is worth.</param>
/// <param name="Zero">The byte that stands for zero.</param>
internal sealed record QuantizedValue(string Bytes, string Scale, string Zero)
{
    /// <summary>Rounds a value as it comes.</summary>
    public static QuantizedValue Of(GraphBuilder nodes, string x)
    {
        string[] parts = nodes.AddMany("DynamicQuantizeLinear", 3, [x]);
        return new QuantizedValue(parts[0], parts[1], parts[2]);
    }
}

/// <summary>A multiply of bytes: ONNX's dynamic quantisation.</summary>
internal static class QuantizedLinear
{
    /// <summary>
    /// The largest weight, of 7 bits: processors without VNNI add two products of a byte and a signed byte in 16 bits, 2·255·63 fits and
    /// 2·255·127 does not. A scale for each column costs less accuracy than the eighth bit would win.
    /// </summary>
    public const int Largest = 63;

    /// <summary>x·weightᵀ, the weight in bytes.</summary>
    /// <param name="nodes">The graph.</param>
    /// <param name="x">What is multiplied.</param>
    /// <param name="label">What to call the weight.</param>
    /// <param name="values">The weight, [rows, cols].</param>
    /// <param name="rows">Outputs.</param>
    /// <param name="cols">Inputs.</param>
    public static string Add(GraphBuilder nodes, QuantizedValue x, string label, Func<float[]> values, int rows, int cols)
    {
        (sbyte[] bytes, float[] scales) = Round(values(), rows, cols);
        string weight = nodes.Constant($"{label}.weight.int8", [cols, rows], bytes);
        string scale = nodes.Constant($"{label}.weight.scale", [rows], () => scales);
        string product = nodes.CastToFloating(nodes.Add("MatMulInteger", [x.Bytes, weight, x.Zero]));
        return nodes.Add("Mul", [product, nodes.Add("Mul", [x.Scale, scale])]);
    }

    /// <summary>Rounds each row by its largest number.</summary>
    /// <returns>The bytes, [cols, rows], and the rows' scales.</returns>
    internal static (sbyte[] Bytes, float[] Scales) Round(ReadOnlySpan<float> values, int rows, int cols)
    {
        var bytes = new sbyte[values.Length];
        var scales = new float[rows];
        for (int row = 0; row < rows; row++)
        {
            float largest = 0;
            foreach (float value in values.Slice(row * cols, cols))
                largest = Math.Max(largest, Math.Abs(value));
            scales[row] = largest > 0 ? largest / Largest : 1;
            for (int col = 0; col < cols; col++)
                bytes[col * rows + row] = (sbyte)Math.Clamp(MathF.Round(values[row * cols + col] / scales[row]), -Largest, Largest);
        }
        return (bytes, scales);
    }
}
