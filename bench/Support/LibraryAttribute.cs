namespace BareBert.Bench;

/// <summary>Whose code a benchmark times: rows of one suite and size that differ in it alone stand side by side in the tables of <c>bench -- results</c>.</summary>
/// <param name="name">A library; <see cref="Ours"/> for this one.</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed partial class LibraryAttribute(string name) : Attribute
{
    /// <summary>This library.</summary>
    public const string Ours = "BareBert";

    /// <summary>TorchSharp on libtorch.</summary>
    public const string TorchSharp = "TorchSharp";

    /// <summary>OpenBLAS.</summary>
    public const string OpenBlas = "OpenBLAS";

    /// <summary>ONNX Runtime.</summary>
    public const string OnnxRuntime = "ONNX Runtime";

    /// <summary>The library.</summary>
    public string Name => name;

    /// <summary>True where it works on one thread; else on as many as ours.</summary>
    public bool OneThread { get; init; }

    /// <summary>What else tells the row from others of the same library: a precision.</summary>
    public string Variant { get; init; } = "";

    /// <summary>Whether the library is on this machine, or there for its kind: rows of others are left out.</summary>
    public bool IsHere
    {
        get
        {
            bool isHere = name != OpenBlas || Bench.OpenBlas.Installed;
            FindPeer(ref isHere);
            return isHere;
        }
    }

    // One of -p:Peers=true.
    partial void FindPeer(ref bool isHere);
}
