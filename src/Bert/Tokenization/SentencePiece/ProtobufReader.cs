using System.Buffers.Binary;

namespace BareBert.Bert.Tokenization;

/// <summary>Reads one protocol buffer message field by field: the wire format, nothing of any schema.</summary>
/// <remarks>protobuf.dev, "Encoding". Anything malformed is an <see cref="InputException"/>.</remarks>
internal ref struct ProtobufReader(ReadOnlySpan<byte> message, string source)
{
    private enum Wire { Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5 }

    private ReadOnlySpan<byte> _rest = message;
    private readonly string _source = source;
    private Wire _wire;

    /// <summary>The number of the field that the next read is for.</summary>
    public int Field { get; private set; }

    /// <summary>Goes on to the next field; false at the end of the message. A field must be read, or skipped, before the next.</summary>
    public bool Next()
    {
        if (_rest.IsEmpty)
            return false;
        ulong tag = Varint();
        (Field, _wire) = ((int)(tag >> 3), (Wire)(tag & 7));
        if (Field is <= 0 || tag >> 32 != 0)
            throw Malformed("a field without a number");
        return true;
    }

    public bool ReadBool() => ReadVarint() != 0;

    public int ReadInt() => (int)ReadVarint();

    public float ReadFloat()
    {
        Expect(Wire.Fixed32);
        return BinaryPrimitives.ReadSingleLittleEndian(Take(4));
    }

    public ReadOnlySpan<byte> ReadBytes()
    {
        Expect(Wire.Bytes);
        ulong length = Varint();
        return length <= (ulong)_rest.Length ? Take((int)length) : throw Malformed("cut short");
    }

    public ProtobufReader ReadMessage() => new(ReadBytes(), _source);

    public void Skip()
    {
        switch (_wire)
        {
            case Wire.Varint:
                Varint();
                break;
            case Wire.Fixed64:
                Take(8);
                break;
            case Wire.Bytes:
                ReadBytes();
                break;
            case Wire.Fixed32:
                Take(4);
                break;
            default:
                throw Malformed("an unknown wire type");
        }
    }

    private ulong ReadVarint()
    {
        Expect(Wire.Varint);
        return Varint();
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            byte next = Take(1)[0];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }
        throw Malformed("a number of more than ten bytes");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length)
            throw Malformed("cut short");
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }

    private readonly void Expect(Wire wire)
    {
        if (_wire != wire)
            throw Malformed($"field {Field} of the wrong kind");
    }

    private readonly InputException Malformed(string how) =>
        new($"not a sentencepiece model ({how}): {_source}; give the spiece.model that came with the checkpoint");
}
