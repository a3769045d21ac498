using FsCheck;
using FsCheck.Fluent;

namespace BareBert.Tests;

/// <summary>Files as disks and networks spoil them.</summary>
internal static class Damage
{
    /// <summary>The bytes cut short, or with a few of them overwritten.</summary>
    public static Arbitrary<byte[]> To(byte[] whole)
    {
        var cut = Gen.Choose(0, whole.Length).Select(length => whole[..length]);
        var change = Gen.Choose(0, whole.Length - 1).SelectMany(at => Gen.Choose(0, 255).Select(value => (At: at, Value: (byte)value)));
        var changed = change.NonEmptyListOf().Select(changes =>
        {
            byte[] copy = [.. whole];
            foreach (var (at, value) in changes)
                copy[at] = value;
            return copy;
        });
        return Gen.OneOf(cut, changed).ToArbitrary();
    }
}
