using System.Buffers.Binary;
using BareBert.Bert.Training.TensorBoard.Messages;
using Google.Protobuf;

namespace BareBert.Bert.Training.TensorBoard;

/// <summary>A file of events: records of a length, its check sum, an event, and the event's check sum.</summary>
/// <remarks>TensorFlow's record format (tensorflow/core/lib/io/record_writer.h), its version "brain.Event:2".</remarks>
internal sealed class EventFile : IDisposable
{
    private const string Version = "brain.Event:2";

    private readonly FileStream _file;

    /// <summary>Begins a new file of a name that no other has.</summary>
    /// <exception cref="RunException">It cannot be written.</exception>
    public EventFile(string folder)
    {
        string name = $"events.out.tfevents.{DateTimeOffset.UtcNow.ToUnixTimeSeconds()}.{Environment.MachineName}.{Environment.ProcessId}";
        try
        {
            Directory.CreateDirectory(folder);
            int number = 0;
            while (File.Exists(Path.Combine(folder, $"{name}.{number}")))
                number++;
            _file = new FileStream(Path.Combine(folder, $"{name}.{number}"), FileMode.CreateNew, FileAccess.Write, FileShare.Read);
        }
        catch (Exception e) when (Disk.IsRefusal(e))
        {
            throw Disk.CannotWrite(folder, e);
        }
        Write(new Event { WallTime = Now, FileVersion = Version });
    }

    /// <summary>Seconds since 1970.</summary>
    public static double Now => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0;

    /// <summary>Adds an event; it is in the file when this returns.</summary>
    /// <exception cref="RunException">It cannot be written.</exception>
    public void Write(Event what)
    {
        byte[] data = what.ToByteArray(), record = new byte[data.Length + 16];
        BinaryPrimitives.WriteUInt64LittleEndian(record, (ulong)data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(8), MaskedCrc.Of(record.AsSpan(0, 8)));
        data.CopyTo(record.AsSpan(12));
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(12 + data.Length), MaskedCrc.Of(data));
        Disk.Write(_file.Name, () =>
        {
            _file.Write(record);
            _file.Flush();
        });
    }

    public void Dispose() => _file.Dispose();
}
