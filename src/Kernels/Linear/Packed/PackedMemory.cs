namespace BareBert.Kernels;

/// <summary>
/// Memory of one packed weight, cut from a large piece that all weights of the process share. A multiply with few rows reads the whole weight once: from
/// pages of 2 MB it does so up to a fifth faster than from small ones, and a single weight has less than one such page, or a part of one to spare.
/// </summary>
internal sealed unsafe class PackedMemory : IDisposable
{
    private const nint PieceFloats = 16 << 20, LineFloats = 16;

    private static readonly Lock s_turn = new();
    private static Piece? s_last;

    private readonly Piece _piece;
    private bool _isGivenBack;

    /// <param name="count">Floats.</param>
    /// <exception cref="OutOfMemoryException">The system has no more.</exception>
    public PackedMemory(nint count)
    {
        using Lock.Scope turn = s_turn.EnterScope();
        if (s_last is null || s_last.Left < count)
            s_last = new Piece(Math.Max(count, PieceFloats));
        _piece = s_last;
        Floats = _piece.Take(count);
    }

    /// <summary>The memory, from the beginning of a line on.</summary>
    public float* Floats { get; }

    /// <summary>Gives it back; a piece goes back to the system with the last weight in it.</summary>
    public void Dispose()
    {
        using Lock.Scope turn = s_turn.EnterScope();
        if (_isGivenBack)
            return;
        _isGivenBack = true;
        if (--_piece.Users > 0)
            return;
        _piece.Memory.Dispose();
        s_last = s_last == _piece ? null : s_last;
    }

    // What nobody has taken yet has not been touched either: the system gives no memory for it.
    private sealed class Piece(nint count)
    {
        private nint _taken;

        public ScratchMemory Memory { get; } = new();

        public int Users { get; set; }

        public nint Left => count - _taken;

        public float* Take(nint floats)
        {
            float* taken = Memory.Floats(count) + _taken;
            _taken += GemmPlan.Ceiling(floats, LineFloats) * LineFloats;
            Users++;
            return taken;
        }
    }
}
