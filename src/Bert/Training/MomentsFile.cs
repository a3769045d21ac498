using System.Runtime.InteropServices;
using BareBert.Autograd;
using BareBert.Bert.Training.GradientSums;

namespace BareBert.Bert.Training;

/// <summary>
/// optimizer.safetensors: both moments of each trained parameter. Several processes write it together, each its part: what it alone has, or its share
/// of what all have. The bytes are those of one process, as a tensor's place follows from all names and shapes.
/// </summary>
internal sealed class MomentsFile : IDisposable
{
    /// <summary>What a tensor is called, before its parameter's name.</summary>
    public const string First = "first_moment.", Second = "second_moment.";

    private readonly IProcessGroup _group;
    private readonly Optimizer _optimizer;
    private readonly Parameter[] _trained;
    private readonly SafetensorsLayout _layout;
    private readonly SharedFile _file;
    private readonly FlatRange _part; // of the flat moments: what this process writes of those that it has
    private readonly float[] _buffer = new float[1 << 20];

    /// <summary>Makes the file.</summary>
    /// <param name="folder">Where; it is there for process 0.</param>
    /// <param name="parameters">Whose moments.</param>
    /// <param name="optimizer">Has them, or this process's part of them.</param>
    /// <param name="group">Its members all call this, and what follows.</param>
    public MomentsFile(string folder, ParameterSet parameters, Optimizer optimizer, IProcessGroup group)
    {
        (_group, _optimizer, _trained) = (group, optimizer, [.. parameters.All.Where(parameter => parameter.RequiresGrad)]);
        _layout = new SafetensorsLayout(_trained.SelectMany(parameter => ((string[])[First, Second]).Select(moment => Describe(moment + parameter.Name, parameter.Shape))));
        _file = new SharedFile(group, Path.Combine(folder, CheckpointNames.Optimizer), _layout.Bytes);
        _part = optimizer.IsSharded ? new FlatRange(0, parameters.Values.Count) : ShareOf(checked((int)parameters.Values.Count));
    }

    /// <summary>Writes this process's part and has it on the disk, where it can write the file.</summary>
    /// <exception cref="IOException">A full disk, for one.</exception>
    public void WriteOwn()
    {
        if (!CanWrite(_group.Rank))
            return;
        if (_group.Rank == 0)
            _file.Write(0, _layout.Header);
        foreach ((long place, Tensor moments) in Own())
            Write(place, moments);
        _file.Flush();
    }

    /// <summary>Then process 0 gets and writes the parts of those that cannot write the file, and completes it.</summary>
    /// <exception cref="IOException">As before; nobody waits then.</exception>
    public void WriteOthers()
    {
        if (!CanWrite(_group.Rank))
            SendOwn();
        if (_group.Rank > 0)
            return;
        Exception? failure = null;
        for (int rank = 1; rank < _group.Size; rank++)
        {
            if (!CanWrite(rank))
                Receive(rank, ref failure);
        }
        if (failure is not null)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        _file.Flush();
        _file.Complete();
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static StoredTensor Describe(string name, Shape shape) => new(name, StoredType.F32, [.. Enumerable.Range(0, shape.Rank).Select(i => (long)shape[i])]);

    // Of so many moments that all have, those that this process writes: as many as others do, where it can write.
    private FlatRange ShareOf(int count)
    {
        int writer = Array.IndexOf(_file.Writers, _group.Rank);
        (int first, int end) = writer < 0 ? (0, 0) : new Share(writer, _file.Writers.Length).Of(count);
        return new FlatRange(first, end - first);
    }

    private bool CanWrite(int rank) => _file.Writers.Contains(rank);

    // This process's part, and where in the file it belongs.
    private IEnumerable<(long Place, Tensor Moments)> Own()
    {
        foreach (Parameter parameter in _trained)
        {
            foreach ((FlatRange piece, Tensor first, Tensor second) in _optimizer.MomentsOf(_optimizer.RangeOf(parameter).Intersect(_part)))
            {
                yield return (PlaceOf(First, parameter, piece), first);
                yield return (PlaceOf(Second, parameter, piece), second);
            }
        }
    }

    // Another's part, in its order.
    private IEnumerable<(long Place, long Count)> PartOf(int rank)
    {
        foreach (Parameter parameter in _trained)
        {
            foreach (FlatRange piece in _optimizer.PiecesOf(rank, _optimizer.RangeOf(parameter)))
            {
                yield return (PlaceOf(First, parameter, piece), piece.Count);
                yield return (PlaceOf(Second, parameter, piece), piece.Count);
            }
        }
    }

    private long PlaceOf(string moment, Parameter parameter, FlatRange piece) =>
        _layout.PlaceOf(moment + parameter.Name) + (piece.Start - _optimizer.RangeOf(parameter).Start) * sizeof(float);

    private void Write(long place, Tensor moments)
    {
        for (long start = 0; start < moments.Count; start += _buffer.Length)
        {
            Span<float> piece = _buffer.AsSpan(0, (int)Math.Min(_buffer.Length, moments.Count - start));
            moments.Slice(start, new Shape(piece.Length)).Download(piece);
            _file.Write(place + start * sizeof(float), MemoryMarshal.AsBytes(piece));
        }
    }

    private void SendOwn()
    {
        foreach ((_, Tensor moments) in Own())
            _group.Exchange([new Transfer(0, moments.Address, moments.Bytes)], []);
    }

    // Gets all, whatever becomes of it, as the other process sends all.
    private unsafe void Receive(int rank, ref Exception? failure)
    {
        foreach ((long place, long count) in PartOf(rank))
        {
            var piece = new float[count];
            fixed (float* to = piece)
                _group.Exchange([], [new Transfer(rank, (nint)to, count * sizeof(float))]);
            try
            {
                if (failure is null)
                    _file.Write(place, MemoryMarshal.AsBytes<float>(piece));
            }
            catch (Exception e) when (Disk.IsRefusal(e))
            {
                failure = e;
            }
        }
    }
}
