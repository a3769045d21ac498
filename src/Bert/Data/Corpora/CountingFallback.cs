using System.Text;

namespace BareBert.Bert.Data;

/// <summary>Puts U+FFFD in the place of what is not UTF-8, and counts.</summary>
internal sealed class CountingFallback : DecoderFallback
{
    /// <summary>Malformed sequences so far.</summary>
    public int Count { get; private set; }

    public override int MaxCharCount => 1;

    public override DecoderFallbackBuffer CreateFallbackBuffer() => new Buffer(this);

    /// <summary>UTF-8 that counts.</summary>
    public Encoding ToEncoding() => Encoding.GetEncoding("utf-8", EncoderFallback.ReplacementFallback, this);

    private sealed class Buffer(CountingFallback owner) : DecoderFallbackBuffer
    {
        private bool _isWaiting;

        public override int Remaining => _isWaiting ? 1 : 0;

        public override bool Fallback(byte[] bytesUnknown, int index)
        {
            owner.Count++;
            return _isWaiting = true;
        }

        public override char GetNextChar()
        {
            if (!_isWaiting)
                return '\0';
            _isWaiting = false;
            return '\uFFFD';
        }

        public override bool MovePrevious() => false;

        public override void Reset() => _isWaiting = false;
    }
}
