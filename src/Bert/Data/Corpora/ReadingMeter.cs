namespace BareBert.Bert.Data;

/// <summary>How far the reading of some files, one after another, has come.</summary>
/// <param name="watch">Is told how many bytes of how many; null: nobody is.</param>
/// <param name="paths">The files.</param>
/// <param name="passes">How often they are read.</param>
internal sealed class ReadingMeter(Action<long, long>? watch, IReadOnlyList<string> paths, int passes)
{
    private readonly long _total = watch is null ? 0 : passes * paths.Sum(LengthOf);
    private long _before;

    /// <summary>Takes where the reader is in its file.</summary>
    public void At(long position) => watch?.Invoke(_before + position, _total);

    /// <summary>The file was read to its end.</summary>
    public void EndFile(string path)
    {
        if (watch is null)
            return;
        _before += LengthOf(path);
        watch(_before, _total);
    }

    // What cannot be read says so when it is.
    private static long LengthOf(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : 0;
}
