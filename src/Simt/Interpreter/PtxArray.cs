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
