namespace BareBert.Simt;

/// <summary>Questions put to all 32 lanes of a warp.</summary>
public static class WarpVote
{
    /// <summary>Whether <paramref name="predicate"/> holds in some lane.</summary>
    public static bool Any(bool predicate) => DeviceOnly.Call<bool>();

    /// <summary>Whether <paramref name="predicate"/> holds in every lane.</summary>
    public static bool All(bool predicate) => DeviceOnly.Call<bool>();

    /// <summary>A bit for each lane, set where <paramref name="predicate"/> holds.</summary>
    public static uint Ballot(bool predicate) => DeviceOnly.Call<uint>();
}
