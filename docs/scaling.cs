// How long a training step takes in many processes, by the model that docs/distributed.md derives.
//
//     dotnet run docs/scaling.cs                                                      the tables of docs/distributed.md
//     dotnet run docs/scaling.cs -- base 512 128 4e11 1e10 20e-6 3e-6 1.25e9          one table of your own:
//         model, global batch, sequence length, a process's flop/s, its bytes/s of memory, a message's seconds to arrive and to be sent, the link's bytes/s
//     dotnet build docs/scaling.cs && mpirun -n 4 dotnet run --no-build docs/scaling.cs -- measure     the link's figures, fitted to exchanges
#:project ../src/Bert/BareBert.Bert.csproj
#:property PublishAot=false
#:property AllowUnsafeBlocks=true
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using BareBert.Bert.Distributed;
using BareBert.Bert.Models;
using BareBert.Bert.Tasks;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is ["measure"])
    return Measure();
if (args.Length == 0)
{
    // Sustained figures, round on purpose; docs/distributed.md says where they are from.
    var server = (Flops: 4e11, Memory: 5e10);
    var gpu = (Flops: 4e13, Memory: 2e12);
    foreach (string model in (string[])["tiny", "mini", "base"])
    {
        Compare(model,
        [
            ("CPUs, Ethernet 10 Gb/s", new Setting(model, 512, 128, server.Flops, server.Memory, 20e-6, 3e-6, 1.25e9)),
            ("CPUs, 100 Gb/s", new Setting(model, 512, 128, server.Flops, server.Memory, 10e-6, 2e-6, 12.5e9)),
            ("GPUs, 100 Gb/s", new Setting(model, 512, 128, gpu.Flops, gpu.Memory, 10e-6, 2e-6, 12.5e9)),
            ("GPUs, NVLink", new Setting(model, 512, 128, gpu.Flops, gpu.Memory, 3e-6, 1e-6, 4e11)),
        ]);
    }
    return 0;
}
if (args.Length == 8 && NamedConfigs.TryGet(args[0], out _) && args[1..3].All(word => int.TryParse(word, out int n) && n > 0) && args[3..].All(word => double.TryParse(word, out double x) && x > 0 && double.IsFinite(x)))
{
    double[] figures = [.. args[3..].Select(double.Parse)];
    Print("your own", new Setting(args[0], int.Parse(args[1]), int.Parse(args[2]), figures[0], figures[1], figures[2], figures[3], figures[4]));
    return 0;
}
Console.Error.WriteLine("usage: dotnet run scaling.cs [-- measure | -- MODEL BATCH LENGTH FLOPS MEMORY LATENCY OVERHEAD BANDWIDTH]; the file's first lines have examples");
return 2;

// For each number of processes and setting: a step's time, how many times as fast it is, how much of the exchange is hidden.
static void Compare(string model, (string Title, Setting Setting)[] settings)
{
    Console.WriteLine($"\n{model}, {settings[0].Setting.GradientBytes / 1e6:#,0} MB of gradient\n");
    Console.WriteLine($"| processes | {string.Join(" | ", settings.Select(one => one.Title))} |");
    Console.WriteLine($"|---:|{string.Concat(settings.Select(_ => "---:|"))}");
    for (int n = 1; n <= 512; n *= 2)
        Console.WriteLine($"| {n} | {string.Join(" | ", settings.Select(one => Cell(one.Setting, n)))} |");
    Console.WriteLine($"| pays up to | {string.Join(" | ", settings.Select(one => one.Setting.PaysUpTo()))} |");

    static string Cell(Setting setting, int n)
    {
        double step = setting.StepSeconds(n);
        string time = $"{1e3 * step:#,0.0} ms";
        return n == 1 ? time : $"{time}, {setting.StepSeconds(1) / step:0.0}×, {setting.HiddenSeconds(n) / setting.OwnersSeconds(n):P0}";
    }
}

static void Print(string title, Setting setting)
{
    Console.WriteLine($"\n{setting.Model}, {title}: batch {setting.Batch}, {setting.Length} tokens, {setting.GradientBytes / 1e6:#,0.#} MB of gradient\n");
    Console.WriteLine("| processes | compute ms | exchange ms: owners | ring | tree | hidden | step ms | faster by | efficiency |");
    Console.WriteLine("|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    double one = setting.StepSeconds(1);
    for (int n = 1; n <= 512 && n <= setting.Batch; n *= 2)
    {
        double step = setting.StepSeconds(n), exchange = setting.OwnersSeconds(n);
        string hidden = n == 1 ? "" : $"{setting.HiddenSeconds(n) / exchange:P0}";
        Console.WriteLine($"| {n} | {1e3 * setting.ComputeSeconds(n):#,0.##} | {1e3 * exchange:#,0.##} | {1e3 * setting.RingSeconds(n):#,0.##} | {1e3 * setting.TreeSeconds(n):#,0.##} | {hidden} | {1e3 * step:#,0.##} | {one / step:0.#} | {one / step / n:P0} |");
    }
    Console.WriteLine($"\nDoubling the processes makes a step at least {Setting.Worthwhile:0.0} times as fast up to {setting.PaysUpTo()}.");
}

// Exchanges like those of gradients: each process sends every other one a piece, at once; the shortest time of many.
static unsafe int Measure()
{
    if (Launch.Find() is not { } launch)
    {
        Console.Error.WriteLine("scaling: measuring takes several processes: start it with mpirun -n 2, or 4");
        return 2;
    }
    using IProcessGroup group = launch.Join();
    var times = new List<(long Bytes, double Seconds, double Usual)>();
    for (long bytes = 64; bytes <= 1 << 22; bytes *= 4)
    {
        void* to = NativeMemory.AllocZeroed((nuint)(bytes * group.Size)), from = NativeMemory.AllocZeroed((nuint)bytes);
        int[] peers = [.. Enumerable.Range(0, group.Size).Where(peer => peer != group.Rank)];
        Transfer[] sends = [.. peers.Select(peer => new Transfer(peer, (nint)from, bytes))], receives = [.. peers.Select(peer => new Transfer(peer, (nint)to + (nint)(peer * bytes), bytes))];
        var each = new double[bytes > 1 << 18 ? 20 : 200];
        for (int i = 0; i < each.Length; i++)
        {
            long start = Stopwatch.GetTimestamp();
            group.Exchange(sends, receives);
            each[i] = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
        Array.Sort(each);
        times.Add((bytes, each[0], each[each.Length / 2]));
        NativeMemory.Free(to);
        NativeMemory.Free(from);
    }
    if (group.Rank > 0)
        return 0;
    int others = group.Size - 1;
    Console.WriteLine($"{group.Size} processes by {group.Name}: bytes to each other one, milliseconds: shortest, what the fit says, median");
    // The time is a + b · bytes; the smallest say a, where a process that comes late finds all there and is none the wiser, so the median; the largest b.
    double fixedPart = times.Take(3).Min(time => time.Usual), perByte = (times[^1].Seconds - fixedPart) / times[^1].Bytes;
    foreach ((long bytes, double seconds, double usual) in times)
        Console.WriteLine($"{bytes,10:#,0} {1e3 * seconds,10:0.000} {1e3 * (fixedPart + perByte * bytes),10:0.000} {1e3 * usual,10:0.000}");
    Console.WriteLine($"{1e6 * fixedPart:0.0} µs for an exchange of {others} messages each way; {others / perByte / 1e9:0.000} GB/s from each process");
    return 0;
}

/// <summary>What a step's time depends on.</summary>
/// <param name="Model">Its usual name.</param>
/// <param name="Batch">Examples of a step, of all processes.</param>
/// <param name="Length">Tokens of an example.</param>
/// <param name="Flops">That a process does in a second.</param>
/// <param name="Memory">Bytes that it moves in a second.</param>
/// <param name="Latency">Seconds from one process to another.</param>
/// <param name="Overhead">Seconds that a process is busy with one message.</param>
/// <param name="Bandwidth">Bytes a second that a process sends, and receives meanwhile.</param>
internal sealed record Setting(string Model, int Batch, int Length, double Flops, double Memory, double Latency, double Overhead, double Bandwidth)
{
    /// <summary>Times as fast, from twice the processes, that pays.</summary>
    public const double Worthwhile = 1.5;

    private const int UsualMicroBatches = 8;
    private const double MaskedShare = 0.15, LeastBucket = 1 << 18, LargestBucket = 4 << 20, FewestBuckets = 16;

    // AdamW reads weight, gradient and both moments, writes all but the gradient, and zeroes that.
    private const int UpdatePasses = 8;

    private readonly BertConfig _config = NamedConfigs.TryGet(Model, out BertConfig config) ? config : throw new ArgumentException(Model);

    /// <summary>Bytes of the gradient in float32.</summary>
    public double GradientBytes => 4.0 * ParameterLayout.For(_config, BertTasks.Pretraining).Total;

    /// <summary>Forward and backward of the largest share, and the update, which every process does for all weights.</summary>
    public double ComputeSeconds(int n) => PassSeconds(n) + UpdatePasses * GradientBytes / Memory;

    /// <summary>Two rounds a bucket: pieces to their owners, sums from these; an owner adds what it gets.</summary>
    public double OwnersSeconds(int n) => n == 1 ? 0 : Buckets * 2 * (Latency + (n - 1) * Overhead) + Traffic(n) + 3 * GradientBytes * (n - 1) / n / Memory;

    /// <summary>2 (n − 1) rounds a bucket, each of one message to the neighbour.</summary>
    public double RingSeconds(int n) => n == 1 ? 0 : Buckets * 2 * (n - 1) * (Latency + Overhead) + Traffic(n) + 3 * GradientBytes * (n - 1) / n / Memory;

    /// <summary>log₂ n rounds up and as many down, of all of the gradient.</summary>
    public double TreeSeconds(int n) => n == 1 ? 0 : 2 * Math.Ceiling(Math.Log2(n)) * (Buckets * (Latency + Overhead) + GradientBytes / Bandwidth) + Math.Ceiling(Math.Log2(n)) * 3 * GradientBytes / Memory;

    /// <summary>
    /// What of the owners' exchange goes on during backward: two thirds of the share's last micro-batch, since only then are its sums complete; never the
    /// word embeddings', which is complete when backward is over.
    /// </summary>
    public double HiddenSeconds(int n)
    {
        double last = PassSeconds(n) / Leaves(n) * 2 / 3, exchange = OwnersSeconds(n);
        return Math.Min(exchange * (1 - EmbeddingShare), last);
    }

    /// <summary>All of a step.</summary>
    public double StepSeconds(int n) => ComputeSeconds(n) + OwnersSeconds(n) - HiddenSeconds(n);

    /// <summary>The most processes, doubled again and again, of which each doubling was worth it.</summary>
    public int PaysUpTo()
    {
        int n = 1;
        while (2 * n <= Batch && StepSeconds(n) / StepSeconds(2 * n) >= Worthwhile)
            n *= 2;
        return n;
    }

    private double Buckets => Math.Ceiling(GradientBytes / Math.Clamp(GradientBytes / FewestBuckets, LeastBucket, LargestBucket));

    private double EmbeddingShare => 4.0 * _config.VocabSize * _config.HiddenSize / GradientBytes;

    private double Traffic(int n) => 2.0 * (n - 1) / n * GradientBytes / Bandwidth;

    // Micro-batches of the process that has most.
    private int Leaves(int n) => (int)Math.Ceiling((double)Math.Max(UsualMicroBatches, n) / n);

    private double PassSeconds(int n) => 3 * ForwardFlops * Math.Ceiling((double)Batch / n) / Flops;

    // Of one example; a multiplication and its addition count as two. Projections and feed-forward, attention, the masked words' head.
    private double ForwardFlops
    {
        get
        {
            double h = _config.HiddenSize;
            return _config.Layers * Length * (8 * h * h + 4 * h * _config.IntermediateSize + 4 * Length * h) + MaskedShare * Length * (2 * h * h + 2 * h * _config.VocabSize);
        }
    }
}
