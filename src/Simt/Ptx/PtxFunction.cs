namespace BareBert.Simt;

/// <summary>Where memory lies: each space has its own instructions and its own addresses.</summary>
internal enum AddressSpace
{
    Global,
    Shared,
    Local,
}

/// <summary>A declared array of bytes in shared or local memory.</summary>
internal sealed record PtxArray(AddressSpace Space, string Name, long Bytes, int Alignment);

/// <summary>A kernel as blocks of instructions, before it becomes text.</summary>
internal sealed class PtxFunction(string name)
{
    public string Name { get; } = name;

    /// <summary>Kernel parameters in order, each one number.</summary>
    public List<PtxType> Parameters { get; } = [];

    public List<PtxArray> Arrays { get; } = [];

    public bool UsesDynamicShared { get; set; }

    /// <summary>In the order in which they are written down; the entry first.</summary>
    public List<PtxBlock> Blocks { get; } = [];

    public string ParameterName(int index) => $"{Name}_param_{index}";
}
