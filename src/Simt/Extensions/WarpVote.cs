using ILGPU.IR.Intrinsics;

namespace BareBert.Simt;

/// <summary>Questions put to all 32 lanes of a warp, all of which must ask.</summary>
public static class WarpVote
{
    /// <summary>Whether <paramref name="predicate"/> holds in some lane.</summary>
    public static bool Any(bool predicate) => Ballot(predicate) != 0;

    /// <summary>Whether <paramref name="predicate"/> holds in every lane.</summary>
    public static bool All(bool predicate) => Ballot(predicate) == uint.MaxValue;

    /// <summary>A bit for each lane, set where <paramref name="predicate"/> holds.</summary>
    [IntrinsicImplementation, Ptx("vote.sync.ballot.b32 $0, $1, -1;")]
    public static uint Ballot(bool predicate) => DeviceOnly.Call<uint>();
}
