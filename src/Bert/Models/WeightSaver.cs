namespace BareBert.Bert.Models;

/// <summary>Gives a parameter's values; the span must last only until the next call.</summary>
/// <param name="parameter">Which.</param>
/// <returns>[Count].</returns>
public delegate ReadOnlySpan<float> ParameterValues(ParameterSpec parameter);

/// <summary>Writes a model's parameters as the tensors of a Hugging Face checkpoint.</summary>
internal static class WeightSaver
{
    /// <summary>
    /// Declares every parameter under its Hugging Face names; joined ones are split. Tied tensors are written once, as transformers does.
    /// </summary>
    /// <param name="writer">Asks for the values when it writes.</param>
    /// <param name="layout">The model.</param>
    /// <param name="values">Called once for each tensor, so several times for a joined parameter.</param>
    /// <param name="isWritten">Which parameters there are; all unless given.</param>
    public static void Declare(SafetensorsWriter writer, ParameterLayout layout, ParameterValues values, Predicate<ParameterSpec>? isWritten = null)
    {
        foreach (ParameterSpec parameter in layout.Parameters.Where(p => isWritten?.Invoke(p) ?? true))
        {
            foreach (TensorPiece piece in parameter.Pieces)
                writer.Add(piece.HfName, piece.Shape.Select(d => (long)d), () => values(parameter).Slice(piece.Offset, piece.Count));
        }
    }

    /// <summary>Writes model.safetensors.</summary>
    public static void Write(Stream stream, ParameterLayout layout, ParameterValues values, Predicate<ParameterSpec>? isWritten = null)
    {
        var writer = new SafetensorsWriter();
        Declare(writer, layout, values, isWritten);
        writer.WriteTo(stream);
    }
}
