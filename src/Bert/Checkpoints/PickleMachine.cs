using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace BareBert.Bert.Checkpoints;

/// <summary>A class or function that a pickle names; naming it is all that happens here.</summary>
internal sealed record PickleGlobal(string Module, string Name)
{
    public override string ToString() => $"{Module}.{Name}";
}

/// <summary>A dict or OrderedDict, with its entries in the order they were set.</summary>
internal sealed class PickleDict
{
    public List<(object? Key, object? Value)> Entries { get; } = [];
}

/// <summary>What the pickles of one file format may build, and how.</summary>
internal interface IPickleWorld
{
    /// <summary>Whether a class or function may be named at all.</summary>
    bool Allows(PickleGlobal global);

    /// <summary>What calling an allowed one gives; null when the arguments are not right.</summary>
    object? Call(PickleGlobal function, object?[] arguments);

    /// <summary>What a persistent id stands for; null when it is not a right one.</summary>
    object? Resolve(object? persistentId);
}

/// <summary>
/// Reads a pickle without executing it: a stack machine for plain data that refuses, by name, every class and function
/// outside a short list. Nothing in a file can make it run code, recurse, or hold more than the file's size times a constant.
/// </summary>
/// <remarks>
/// The opcodes are those of CPython's pickletools, protocols 2 to 5, less all that builds objects by other means
/// (INST, OBJ, NEWOBJ, EXT…), which no state_dict needs.
/// </remarks>
internal sealed class PickleMachine
{
    private const int MaxBytes = 64 << 20;
    private const int MaxMemo = 4_000_000;
    private const int MaxLongBytes = 32;

    private static readonly object Mark = new();

    private readonly Stream _stream;
    private readonly IPickleWorld _world;
    private readonly string _path;
    private readonly Stack<object?> _stack = [];
    private readonly Dictionary<uint, object?> _memo = [];
    private int _read;
    private long _copied; // entries of dicts that were made of lists

    private PickleMachine(Stream stream, IPickleWorld world, string path)
    {
        _stream = stream;
        _world = world;
        _path = path;
    }

    /// <summary>Reads one pickle; the stream is left just behind it.</summary>
    /// <exception cref="InputException">Broken, cut short, too large, or asking for something that is refused.</exception>
    public static object? Read(Stream stream, IPickleWorld world, string path)
    {
        var machine = new PickleMachine(stream, world, path);
        while (machine.Step(machine.Byte()))
        {
        }
        return machine.Pop();
    }

    /// <returns>Whether the pickle goes on.</returns>
    private bool Step(byte opcode)
    {
        switch ((char)opcode)
        {
            case '.': return false;
            case '\x80': Byte(); break;                                     // PROTO
            case '\x95': Bytes(8); break;                                   // FRAME: only a hint for buffering
            case '(': Push(Mark); break;
            case '0': Pop(); break;
            case '1': PopToMark(); break;
            case 'N': Push(null); break;
            case '\x88': Push(true); break;
            case '\x89': Push(false); break;
            case 'J': Push((long)BinaryPrimitives.ReadInt32LittleEndian(Bytes(4))); break;
            case 'K': Push((long)Byte()); break;
            case 'M': Push((long)BinaryPrimitives.ReadUInt16LittleEndian(Bytes(2))); break;
            case '\x8a': Push(Long(Byte())); break;
            case '\x8b': Push(Long(Length32())); break;
            case 'G': Push(BinaryPrimitives.ReadDoubleBigEndian(Bytes(8))); break;
            case 'X': Push(Text(Length32(), Encoding.UTF8)); break;
            case '\x8c': Push(Text(Byte(), Encoding.UTF8)); break;
            case 'T': Push(Text(Length32(), Encoding.Latin1)); break;       // Python 2's str
            case 'U': Push(Text(Byte(), Encoding.Latin1)); break;
            case '}': Push(new PickleDict()); break;
            case ']': Push(new List<object?>()); break;
            case ')': Push(Array.Empty<object?>()); break;
            case 't': Push(PopToMark()); break;
            case '\x85': Push(PopTuple(1)); break;
            case '\x86': Push(PopTuple(2)); break;
            case '\x87': Push(PopTuple(3)); break;
            case 'a': Append([Pop()]); break;
            case 'e': Append(PopToMark()); break;
            case 's': SetItems(PopTuple(2)); break;
            case 'u': SetItems(PopToMark()); break;
            case 'q': Memoize(Byte()); break;
            case 'r': Memoize(BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4))); break;
            case '\x94': Memoize((uint)_memo.Count); break;
            case 'h': Recall(Byte()); break;
            case 'j': Recall(BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4))); break;
            case 'c': Name(Line(), Line()); break;
            case '\x93': StackGlobal(); break;
            case 'R': Reduce(); break;
            case 'b': Build(); break;
            case 'Q': Push(_world.Resolve(Pop()) ?? throw Broken("it refers to something that is no tensor storage")); break;
            default: throw Refused($"the pickle operation 0x{opcode:x2}");
        }
        return true;
    }

    private void Push(object? value) => _stack.Push(value);

    private object? Pop()
    {
        if (!_stack.TryPop(out object? value) || ReferenceEquals(value, Mark))
            throw Broken("its pickle takes more than it has");
        return value;
    }

    private object? Peek() => _stack.TryPeek(out object? value) && !ReferenceEquals(value, Mark)
        ? value
        : throw Broken("its pickle takes more than it has");

    private object?[] PopTuple(int count)
    {
        var items = new object?[count];
        for (int i = count - 1; i >= 0; i--)
            items[i] = Pop();
        return items;
    }

    private object?[] PopToMark()
    {
        var items = new List<object?>();
        while (true)
        {
            if (!_stack.TryPop(out object? value))
                throw Broken("its pickle has no mark");
            if (ReferenceEquals(value, Mark))
                break;
            items.Add(value);
        }
        items.Reverse();
        return [.. items];
    }

    private void Append(object?[] items)
    {
        if (Peek() is not List<object?> list)
            throw Broken("its pickle appends to what is no list");
        list.AddRange(items);
    }

    private void SetItems(object?[] items)
    {
        if (Peek() is not PickleDict dict || items.Length % 2 != 0)
            throw Broken("its pickle sets items of what is no dict");
        for (int i = 0; i < items.Length; i += 2)
            dict.Entries.Add((items[i], items[i + 1]));
    }

    private void Memoize(uint slot)
    {
        if (_memo.Count >= MaxMemo)
            throw Broken("its pickle remembers too much");
        _memo[slot] = Peek();
    }

    private void Recall(uint slot)
    {
        if (!_memo.TryGetValue(slot, out object? value))
            throw Broken("its pickle recalls what it never stored");
        Push(value);
    }

    private void StackGlobal()
    {
        if (PopTuple(2) is not [string module, string name])
            throw Broken("its pickle names no class");
        Name(module, name);
    }

    private void Name(string module, string name)
    {
        var global = new PickleGlobal(module, name);
        if (!_world.Allows(global))
            throw Refused(Printable.Quote(global.ToString()));
        Push(global);
    }

    private void Reduce()
    {
        if (PopTuple(2) is not [PickleGlobal function, object?[] arguments])
            throw Broken("its pickle calls what is no function");
        object made = _world.Call(function, arguments) ?? throw Broken($"its pickle calls {function} with wrong arguments");
        // A list that is named once and made a dict many times would hold more than the file does.
        if (made is PickleDict dict && (_copied += dict.Entries.Count) > _read)
            throw Broken("its pickle makes one list into many dicts");
        Push(made);
    }

    /// <summary>An OrderedDict may carry attributes (a state_dict's is <c>_metadata</c>); nothing here needs them.</summary>
    private void Build()
    {
        Pop();
        if (Peek() is not PickleDict)
            throw Refused("setting attributes of an object");
    }

    private object Long(int length)
    {
        if (length > MaxLongBytes)
            throw Broken("its pickle holds an enormous number");
        var value = new BigInteger(Bytes(length));
        return value >= long.MinValue && value <= long.MaxValue ? (long)value : value;
    }

    private int Length32()
    {
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4));
        return length <= MaxBytes ? (int)length : throw Broken("its pickle holds an enormous text");
    }

    private string Text(int length, Encoding encoding) => encoding.GetString(Bytes(length));

    private string Line()
    {
        var line = new StringBuilder();
        for (byte b = Byte(); b != (byte)'\n'; b = Byte())
        {
            if (line.Length == 1024)
                throw Broken("its pickle holds an enormous name");
            line.Append((char)b);
        }
        return line.ToString();
    }

    private byte Byte()
    {
        Count(1);
        int value = _stream.ReadByte();
        return value >= 0 ? (byte)value : throw CutShort();
    }

    private byte[] Bytes(int length)
    {
        Count(length);
        if (_stream.CanSeek && _stream.Length - _stream.Position < length)
            throw CutShort();
        var bytes = new byte[length];
        return _stream.ReadAtLeast(bytes, length, throwOnEndOfStream: false) == length ? bytes : throw CutShort();
    }

    private void Count(int length)
    {
        _read += length;
        if (_read > MaxBytes)
            throw Broken("its pickle is enormous");
    }

    private InputException CutShort() => Broken("it was cut short");

    private InputException Broken(string what) => PytorchBinFile.Broken(_path, what);

    private InputException Refused(string what) => new(
        $"refused: {_path} asks for {what}, which tensors do not need and which could run code; do not trust the file");
}
