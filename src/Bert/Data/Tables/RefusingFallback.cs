using System.Text;

namespace BareBert.Bert.Data;

/// <summary>Refuses what is not UTF-8.</summary>
/// <param name="path">The file, for the message.</param>
internal sealed class RefusingFallback(string path) : DecoderFallback
{
    public override int MaxCharCount => 1;

    public override DecoderFallbackBuffer CreateFallbackBuffer() => new Buffer(path);

    /// <summary>UTF-8 that refuses.</summary>
    public Encoding ToEncoding() => Encoding.GetEncoding("utf-8", EncoderFallback.ReplacementFallback, this);

    private sealed class Buffer(string path) : DecoderFallbackBuffer
    {
        public override int Remaining => 0;

        public override bool Fallback(byte[] bytesUnknown, int index) =>
            throw new InputException($"not UTF-8 text: {path}: it holds the bytes {Convert.ToHexString(bytesUnknown)}; convert it, as by iconv -f latin1 -t utf-8");

        public override char GetNextChar() => '\0';

        public override bool MovePrevious() => false;
    }
}
