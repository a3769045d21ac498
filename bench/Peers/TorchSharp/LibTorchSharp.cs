using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using TorchSharp;

namespace BareBert.Bench;

/// <summary>
/// TorchSharp's native library was linked with GCC 13's libstdc++. An older one, as Debian 12's, lacks one symbol of it, which initialises
/// the standard streams; what did so before is <c>std::ios_base::Init</c>'s constructor, which is in all of them. Where the library does not
/// load for that reason, it is made to ask for that one instead.
/// </summary>
internal static class LibTorchSharp
{
    private const string New = "_ZSt21ios_base_library_initv", Old = "_ZNSt8ios_base4InitC1Ev";
    private const string NewVersion = "GLIBCXX_3.4.32", OldVersion = "GLIBCXX_3.4";
    private const uint VersionsNeeded = 0x6FFFFFFE; // SHT_GNU_verneed

    /// <summary>Mends the copy beside this program, where that is needed; before anything of TorchSharp is used.</summary>
    public static void MendForOlderLibstdcxx()
    {
        if (!OperatingSystem.IsLinux())
            return;
        string file = Path.Combine(Path.GetDirectoryName(typeof(torch).Assembly.Location)!, "libLibTorchSharp.so");
        try
        {
            NativeLibrary.Load(file);
        }
        catch (DllNotFoundException e) when (e.Message.Contains(NewVersion, StringComparison.Ordinal))
        {
            byte[] library = File.ReadAllBytes(file);
            Mend(library);
            // Not in place: the file may be one with the package's.
            string mended = file + ".mended";
            File.WriteAllBytes(mended, library);
            File.Move(mended, file, overwrite: true);
        }
        catch (DllNotFoundException)
        {
            // TorchSharp says it better when it is used.
        }
    }

    // Renames the symbol where it stands and lets its version mean the old one. Sections as in the System V ABI, versions as in the Linux Standard Base, 10.7.
    private static void Mend(byte[] elf)
    {
        int sections = (int)U64(elf, 40), size = U16(elf, 58), count = U16(elf, 60);
        int Section(int index) => sections + index * size;
        for (int i = 0; i < count; i++)
        {
            if (U32(elf, Section(i) + 4) != VersionsNeeded)
                continue;
            int strings = (int)U64(elf, Section((int)U32(elf, Section(i) + 40)) + 24), stringsSize = (int)U64(elf, Section((int)U32(elf, Section(i) + 40)) + 32);
            Span<byte> names = elf.AsSpan(strings, stringsSize);
            Replace(names, New, Old);
            int oldName = Find(names, OldVersion);
            for (int need = (int)U64(elf, Section(i) + 24), next = -1; next != 0; need += next)
            {
                next = (int)U32(elf, need + 12);
                for (int version = need + (int)U32(elf, need + 8), step = -1; step != 0; version += step)
                {
                    step = (int)U32(elf, version + 12);
                    if (!names[(int)U32(elf, version + 8)..].StartsWith(Terminated(NewVersion)))
                        continue;
                    BinaryPrimitives.WriteUInt32LittleEndian(elf.AsSpan(version), Hash(OldVersion));
                    BinaryPrimitives.WriteUInt32LittleEndian(elf.AsSpan(version + 8), (uint)oldName);
                }
            }
        }
    }

    private static int Find(ReadOnlySpan<byte> names, string name) => names.IndexOf(Encoding.ASCII.GetBytes($"\0{name}\0")) is >= 0 and int at
        ? at + 1 : throw new InvalidOperationException($"libLibTorchSharp.so has no {name}: it cannot be mended for this system's libstdc++");

    private static void Replace(Span<byte> names, string name, string replacement) => Terminated(replacement).CopyTo(names[Find(names, name)..]);

    private static byte[] Terminated(string name) => Encoding.ASCII.GetBytes(name + '\0');

    // The ABI's hash of names.
    private static uint Hash(string name)
    {
        uint hash = 0;
        foreach (char c in name)
        {
            hash = (hash << 4) + c;
            uint high = hash & 0xF0000000;
            hash = (hash ^ (high >> 24)) & ~high;
        }
        return hash;
    }

    private static ushort U16(byte[] elf, int at) => BinaryPrimitives.ReadUInt16LittleEndian(elf.AsSpan(at));

    private static uint U32(byte[] elf, int at) => BinaryPrimitives.ReadUInt32LittleEndian(elf.AsSpan(at));

    private static ulong U64(byte[] elf, int at) => BinaryPrimitives.ReadUInt64LittleEndian(elf.AsSpan(at));
}
