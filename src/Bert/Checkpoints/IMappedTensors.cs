namespace BareBert.Bert.Checkpoints;

/// <summary>Tensors that lie in memory as they lie in their file: used in place they are read when they are needed, and all processes share them.</summary>
internal interface IMappedTensors
{
    /// <summary>Where a tensor of float32 lies, until its source is disposed of; 0: it is of another type, or not in place. Writing there changes the file for nobody.</summary>
    nint AddressOf(string name);

    /// <summary>Throws where one of its elements is no number, without taking the tensor into this process's memory.</summary>
    /// <exception cref="InputException">One is NaN or infinite.</exception>
    void RequireFinite(string name);
}
