using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.MemoryMappedFiles;
using System.Numerics;

namespace BareBert.Bert.Checkpoints;

/// <summary>The two ways PyTorch lays a pickle and its storages out in a file.</summary>
internal abstract class PytorchContainer : IDisposable
{
    /// <summary>The unpickled object.</summary>
    public object? Root { get; protected init; }

    /// <summary>The bytes of a storage from its first one.</summary>
    public abstract Stream OpenStorage(string key);

    public abstract void Dispose();

    /// <exception cref="InputException">Neither layout, or broken.</exception>
    public static PytorchContainer Open(FileStream file, string path)
    {
        Span<byte> start = stackalloc byte[InputFiles.PointerLength];
        int length = file.ReadAtLeast(start, InputFiles.PointerLength, throwOnEndOfStream: false);
        file.Position = 0;
        InputFiles.RefusePointer(start[..length], path);
        if (start[..length].StartsWith("PK\x3\x4"u8))
            return new ZipContainer(file, path);
        if (length >= 4 && start[0] == 0x80)
            return new LegacyContainer(file, path);
        throw PytorchBinFile.Broken(path, "it is neither a zip archive nor a pickle");
    }

    /// <summary>Since version 1.6: a zip archive with <c>data.pkl</c> and an uncompressed file a storage.</summary>
    private sealed class ZipContainer : PytorchContainer
    {
        private readonly ZipArchive _archive;
        private readonly string _path;
        private readonly string _prefix;

        public ZipContainer(FileStream file, string path)
        {
            _path = path;
            _archive = new ZipArchive(file, ZipArchiveMode.Read, leaveOpen: true);
            ZipArchiveEntry[] pickles = [.. _archive.Entries.Where(e => e.FullName.Split('/')[^1] == "data.pkl")];
            if (pickles.Length != 1)
                throw PytorchBinFile.Broken(path, "the archive has not exactly one data.pkl");
            _prefix = pickles[0].FullName[..^"data.pkl".Length];
            CheckByteOrder();
            var world = new PytorchWorld();
            using (var stream = new BufferedStream(OpenEntry(pickles[0]), 1 << 16))
                Root = PickleMachine.Read(stream, world, path);
            foreach (PytorchStorage storage in world.Seen.Values)
            {
                if (EntryOf(storage.Key).Length != storage.Count * storage.Type.SizeInBytes())
                    throw PytorchBinFile.Broken(path, $"storage {Printable.Quote(storage.Key)} is of another length than its tensors say");
            }
        }

        public override Stream OpenStorage(string key) => OpenEntry(EntryOf(key));

        public override void Dispose() => _archive.Dispose();

        private ZipArchiveEntry EntryOf(string key) =>
            _archive.GetEntry($"{_prefix}data/{key}") ?? throw PytorchBinFile.Broken(_path, $"storage {Printable.Quote(key)} is missing");

        private void CheckByteOrder()
        {
            if (_archive.GetEntry(_prefix + "byteorder") is not ZipArchiveEntry entry)
                return;
            using var reader = new StreamReader(OpenEntry(entry));
            Span<char> order = stackalloc char[8];
            int length = reader.ReadBlock(order);
            if (!order[..length].SequenceEqual("little"))
                throw PytorchBinFile.Broken(_path, "it was written on a big-endian machine");
        }

        private Stream OpenEntry(ZipArchiveEntry entry)
        {
            // Uncompressed as PyTorch writes them, entries cannot expand beyond the file: no archive is a bomb.
            if (entry.CompressedLength != entry.Length)
                throw PytorchBinFile.Broken(_path, $"{Printable.Quote(entry.FullName)} is compressed, which PyTorch never does");
            return entry.Open();
        }
    }

    /// <summary>Before version 1.6: five pickles (magic, protocol, system, object, storage keys), then the storages.</summary>
    private sealed class LegacyContainer : PytorchContainer
    {
        private const long Protocol = 1001;
        private static readonly BigInteger Magic = new([0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]);

        private readonly FileStream _file;
        private readonly MemoryMappedFile _map;
        private readonly Dictionary<string, (long Start, long Length)> _places = [];

        public LegacyContainer(FileStream file, string path)
        {
            _file = file;
            var world = new PytorchWorld();
            if (PickleMachine.Read(file, world, path) is not BigInteger magic || magic != Magic)
                throw PytorchBinFile.Broken(path, "it is a pickle of something else than tensors");
            if (PickleMachine.Read(file, world, path) is not Protocol)
                throw PytorchBinFile.Broken(path, "it has an unknown protocol version");
            CheckSystem(PickleMachine.Read(file, world, path), path);
            Root = PickleMachine.Read(file, world, path);
            if (PickleMachine.Read(file, world, path) is not List<object?> keys)
                throw PytorchBinFile.Broken(path, "its list of storages is missing");
            foreach (object? key in keys)
            {
                if (key is not string name || !world.Seen.TryGetValue(name, out PytorchStorage? storage))
                    throw PytorchBinFile.Broken(path, "it has a storage that no tensor uses");
                Locate(storage, path);
            }
            foreach (string key in world.Seen.Keys.Where(k => !_places.ContainsKey(k)))
                throw PytorchBinFile.Broken(path, $"storage {Printable.Quote(key)} is missing");
            _map = MemoryMappedFile.CreateFromFile(file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        }

        // A view of its own each time: disposing of it leaves the file open.
        public override Stream OpenStorage(string key)
        {
            (long start, long length) = _places[key];
            return length == 0 ? Stream.Null : _map.CreateViewStream(start, length, MemoryMappedFileAccess.Read);
        }

        public override void Dispose() => _map.Dispose();

        private static void CheckSystem(object? system, string path)
        {
            if (system is not PickleDict dict || dict.Entries.Any(e => e is { Key: "little_endian", Value: not true }))
                throw PytorchBinFile.Broken(path, "it was written on a big-endian machine");
        }

        private void Locate(PytorchStorage storage, string path)
        {
            Span<byte> length = stackalloc byte[8];
            bool whole = _file.ReadAtLeast(length, 8, throwOnEndOfStream: false) == 8;
            if (!whole || BinaryPrimitives.ReadInt64LittleEndian(length) != storage.Count)
                throw PytorchBinFile.Broken(path, $"storage {Printable.Quote(storage.Key)} is of another length than its tensors say");
            long bytes = storage.Count * storage.Type.SizeInBytes();
            if (bytes > _file.Length - _file.Position || !_places.TryAdd(storage.Key, (_file.Position, bytes)))
                throw PytorchBinFile.Broken(path, "it was cut short");
            _file.Position += bytes;
        }
    }
}
