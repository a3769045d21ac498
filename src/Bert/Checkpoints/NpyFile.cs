using System.Runtime.InteropServices;
using System.Text;

namespace BareBert.Bert.Checkpoints;

/// <summary>Writes NumPy's .npy files: a header in Python's notation, then the numbers.</summary>
/// <remarks>Format 1.0, https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html.</remarks>
public static class NpyFile
{
    // Magic, version and header length are ten bytes; the numbers start at a multiple of 64.
    private const int Preamble = 10, Alignment = 64;

    /// <summary>Writes a matrix of float32.</summary>
    /// <param name="path">The file; an old one is replaced.</param>
    /// <param name="rows">Of <paramref name="cols"/> numbers each.</param>
    /// <param name="cols">Columns.</param>
    /// <exception cref="RunException">The file cannot be written.</exception>
    public static void Write(string path, IReadOnlyList<float[]> rows, int cols)
    {
        string header = $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows.Count}, {cols}), }}";
        int length = (Preamble + header.Length + 1 + Alignment - 1) / Alignment * Alignment - Preamble;
        byte[] start = [0x93, .. "NUMPY"u8, 1, 0, (byte)length, (byte)(length >> 8), .. Encoding.ASCII.GetBytes(header.PadRight(length - 1)), (byte)'\n'];
        AtomicFile.Write(path, stream =>
        {
            stream.Write(start);
            foreach (float[] row in rows)
                stream.Write(MemoryMarshal.AsBytes<float>(row));
        });
    }
}
