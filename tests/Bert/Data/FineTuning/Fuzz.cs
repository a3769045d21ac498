using System.Text;
using BareBert;
using FsCheck;
using FsCheck.Fluent;

namespace BareBert.Tests;

/// <summary>Feeds a reader damaged input: it must give a result or an <see cref="InputException"/> of one line, nothing else.</summary>
internal static class Fuzz
{
    public static void ReadsOrRefuses(string wellFormed, Action<byte[]> read, int cases = 300) =>
        ReadsOrRefuses(Encoding.UTF8.GetBytes(wellFormed), read, cases);

    public static void ReadsOrRefuses(byte[] wellFormed, Action<byte[]> read, int cases = 300)
    {
        read(wellFormed);
        Prop.ForAll(Damaged(wellFormed).ToArbitrary(), bytes =>
        {
            try
            {
                read(bytes);
                return true;
            }
            catch (InputException e)
            {
                return !e.Message.Contains('\n');
            }
        }).HoldsFor(cases);
    }

    /// <summary>Cut short; some bytes changed; a piece doubled, dropped or swapped for random bytes; or nothing but random bytes.</summary>
    private static Gen<byte[]> Damaged(byte[] good)
    {
        var place = Gen.Choose(0, good.Length);
        var noise = Gen.Choose(0, 255).Select(b => (byte)b).ArrayOf();
        var pieces = Gen.Elements<byte[]>([.. new[] { "\"", ",", "\n", "{", "}", "[", "]", "(", ")", "|", "\t", "\\", "-1", "1e999", "null", "\ufeff", "\0", "99999999999" }
            .Select(Encoding.UTF8.GetBytes)]);
        var cut = place.Select(n => good[..n]);
        var splice = place.SelectMany(_ => place, (a, b) => (Low: Math.Min(a, b), High: Math.Max(a, b)))
            .SelectMany(_ => Gen.OneOf(noise, pieces, Gen.Constant<byte[]>([])), (at, put) => (byte[])[.. good[..at.Low], .. put, .. good[at.High..]]);
        var insert = place.SelectMany(_ => Gen.OneOf(noise, pieces), (at, put) => (byte[])[.. good[..at], .. put, .. good[at..]]);
        var twice = place.SelectMany(_ => place, (a, b) => (byte[])[.. good[..Math.Max(a, b)], .. good[Math.Min(a, b)..]]);
        var flips = place.SelectMany(_ => Gen.Choose(0, 255), (at, value) => (at, value)).ArrayOf(3).Select(changes =>
        {
            byte[] copy = [.. good];
            foreach (var (at, value) in changes)
            {
                if (at < copy.Length) copy[at] = (byte)value;
            }
            return copy;
        });
        return Gen.OneOf(cut, splice, insert, insert, twice, flips, flips, noise);
    }
}
