using BareBert.Autograd;
using BareBert.Kernels;

namespace BareBert.Bench;

/// <summary>An encoder with random weights, opened from a file as one that is only used, and a batch of random words, all sequences of full length.</summary>
internal sealed class EncoderBenchmark : IDisposable
{
    private readonly DirectoryInfo _folder;
    private readonly IKernels _kernels;
    private readonly Tape _tape;
    private readonly PackedBatch _batch = new();

    /// <param name="size">What is run.</param>
    /// <param name="threads">0: as many as the machine has.</param>
    /// <param name="int8">Linear layers in bytes.</param>
    public EncoderBenchmark(EncoderSize size, int threads, bool int8 = false)
    {
        _kernels = Devices.Open("cpu", threads);
        _tape = new Tape(_kernels);
        _folder = Directory.CreateTempSubdirectory("barebert-bench");
        using (BertModel drawn = BertModel.Create(_kernels, ParameterLayout.For(size.Config, BertTasks.Encoder), StepBenchmark.NoWords(size.Config.VocabSize), seed: 1, BertModel.TrainNone))
            drawn.Save(_folder.FullName);
        Model = BertModel.LoadForInference(_kernels, ModelFolder.Open(_folder.FullName), BertTasks.Encoder, int8: int8);
        var random = new PhiloxStream(0, 0);
        Ids = [.. Enumerable.Range(0, size.Batch * size.Sequence).Select(_ => random.NextInt(size.Config.VocabSize))];
        foreach (int[] sequence in Ids.Chunk(size.Sequence))
            _batch.Add(sequence, sequence.Length);
    }

    /// <summary>The encoder.</summary>
    public BertModel Model { get; }

    /// <summary>[batch * sequence], the words.</summary>
    public int[] Ids { get; }

    /// <summary>The same in bytes, once its values are known to be about those of float32.</summary>
    /// <exception cref="InvalidOperationException">They are not.</exception>
    public static EncoderBenchmark InBytes(EncoderSize size, int threads)
    {
        using var plain = new EncoderBenchmark(size, threads);
        var bytes = new EncoderBenchmark(size, threads, int8: true);
        Int8Error.Check($"{size}, int8", bytes.Hidden(), plain.Hidden());
        return bytes;
    }

    /// <summary>One pass.</summary>
    public void Run() => Pass(_ => 0);

    /// <summary>What a pass gives: [batch, sequence, C].</summary>
    public float[] Hidden() => Pass(hidden => hidden.ToArray<float>());

    public void Dispose()
    {
        Model.Dispose();
        _tape.Dispose();
        _kernels.Dispose();
        _folder.Delete(recursive: true);
    }

    private T Pass<T>(Func<Tensor, T> read)
    {
        using (_tape.Begin(TapeMode.Evaluation))
        {
            Variable hidden = Model.Encoder.Forward(_tape, _batch.Upload(_tape));
            _kernels.Synchronize();
            return read(hidden.Value);
        }
    }
}
