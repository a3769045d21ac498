using System.Buffers.Binary;
using System.Diagnostics;
using System.Text.Json.Nodes;
using BareBert.Bert.Training.TensorBoard;
using BareBert.Bert.Training.TensorBoard.Messages;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>TensorBoard's event files, read back by the format's description and by protoc.</summary>
public sealed class TensorBoardTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();
    private readonly ReferenceKernels<float> _kernels = new();

    public void Dispose()
    {
        _kernels.Dispose();
        _temporary.Dispose();
    }

    // RFC 3720, B.4, gives CRC-32C of 32 zeros as 8A9136AA, of 32 ones as 62A8AB43; "123456789" is the usual one.
    [Theory]
    [InlineData(0x8A9136AA, 32, 0)]
    [InlineData(0x62A8AB43, 32, 255)]
    public void The_check_sum_is_Castagnolis(uint expected, int length, byte value)
    {
        uint masked = MaskedCrc.Of(Enumerable.Repeat(value, length).ToArray()) - 0xa282ead8;
        Assert.Equal(expected, (masked >> 17) | (masked << 15));
        uint digits = MaskedCrc.Of("123456789"u8) - 0xa282ead8;
        Assert.Equal(0xE3069283, (digits >> 17) | (digits << 15));
    }

    [Fact]
    public void A_run_writes_scalars_histograms_and_what_it_is()
    {
        using var task = new ScriptedTask(_kernels, stepsInEpoch: 4, 0.5, 0.75) { Loss = step => step, Gradient = step => 0.25f };
        var options = new TrainerOptions
        {
            Steps = 4, Schedule = new LearningRateSchedule(ScheduleKind.Constant, 1e-3, 0), RateOf = _ => new GroupRate(Decays: false), BestBy = "score", LogEvery = 2,
            Logger = TrainingLogger.Tensorboard, HistogramEvery = 3,
        };
        var run = RunDirectory.Open(_temporary.Path, RunOpening.New);
        using (var trainer = new Trainer(_kernels, task, options, run, new Unwatched()))
        {
            trainer.Describe(new JsonObject { ["lr"] = 0.001, ["model"] = "tiny", ["quiet"] = true, ["data"] = new JsonArray("a", "b") });
            Assert.Equal(TrainingEnd.Finished, trainer.Run(default));
        }
        Event[] events = Read(Assert.Single(Directory.GetFiles(run.TensorBoard)));
        Assert.Equal("brain.Event:2", events[0].FileVersion);
        Dictionary<(string, long), Summary.Types.Value> values = events.Skip(1).SelectMany(e => e.Summary.Value.Select(v => ((v.Tag, e.Step), v))).ToDictionary(pair => pair.Item1, pair => pair.v);
        Assert.Equal([0.5f, 2.5f], new[] { 2, 4 }.Select(step => values[("train/loss", step)].SimpleValue));
        Assert.Equal([0.5f, 0.75f], new[] { 0, 4 }.Select(step => values[("valid/score", step)].SimpleValue));
        HistogramProto gradient = values[("gradients/w", 3)].Histo;
        Assert.Equal((3, 0.25, 0.25, 0.75), (gradient.Num, gradient.Min, gradient.Max, gradient.Sum));
        Assert.Equal(3, gradient.Bucket.Sum());
        Assert.Contains(("weights/w", 3), values.Keys);
        Assert.DoesNotContain(("weights/w", 4), values.Keys);
        Assert.Contains("| model | \"tiny\" |", values[("options/text_summary", 0)].Tensor.StringVal[0].ToStringUtf8());
        SummaryMetadata.Types.PluginData plugin = values[("_hparams_/session_start_info", 0)].Metadata.PluginData;
        SessionStartInfo start = HParamsPluginData.Parser.ParseFrom(plugin.Content).SessionStartInfo;
        Assert.Equal(("hparams", 0.001, "tiny", true, "[\"a\",\"b\"]"),
            (plugin.PluginName, start.Hparams["lr"].NumberValue, start.Hparams["model"].StringValue, start.Hparams["quiet"].BoolValue, start.Hparams["data"].StringValue));
    }

    [Fact]
    public void A_histogram_counts_every_number_between_its_limits()
    {
        float[] values = [0, -0f, 1e-13f, 1, 1, -2, 1e30f, -1e30f, float.NaN, float.PositiveInfinity, 0.5f];
        HistogramProto histogram = Histogram.Of(values);
        Assert.Equal((9, -1e30f, 1e30f, 9), (histogram.Num, histogram.Min, histogram.Max, histogram.Bucket.Sum()));
        Assert.Equal(histogram.BucketLimit.Order(), histogram.BucketLimit);
        double before = double.NegativeInfinity;
        foreach ((double limit, double count) in histogram.BucketLimit.Zip(histogram.Bucket))
        {
            Assert.Equal(count, values.Count(v => float.IsFinite(v) && v >= before && v < limit));
            before = limit;
        }
        Assert.Empty(Histogram.Of([]).Bucket);
    }

    /// <summary>protoc reads the events by the numbers of their fields alone.</summary>
    [Fact]
    public void Protoc_reads_them()
    {
        Assert.SkipWhen(!File.Exists("/usr/bin/protoc"), "no protoc: apt-get install protobuf-compiler");
        var run = RunDirectory.Open(_temporary.Path, RunOpening.New);
        using (var log = new TensorBoardLog(run))
            log.Scalars("valid", 7, [new Metric("loss", 1.5), new Metric("score", double.NaN)]);
        byte[] last = Records(Directory.GetFiles(run.TensorBoard)[0])[^1];
        using var protoc = Process.Start(new ProcessStartInfo("/usr/bin/protoc", "--decode_raw") { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        protoc.StandardInput.BaseStream.Write(last);
        protoc.StandardInput.Close();
        string text = protoc.StandardOutput.ReadToEnd();
        Assert.Contains("2: 7", text);
        Assert.Contains("1: \"valid/loss\"", text);
        Assert.Contains("2: 0x3fc00000", text); // 1.5
        Assert.DoesNotContain("score", text);
    }

    [Fact]
    public void A_run_that_goes_on_begins_another_file_and_one_that_is_replaced_leaves_none()
    {
        var run = RunDirectory.Open(_temporary.Path, RunOpening.New);
        run.WriteOptions([]);
        for (int i = 0; i < 2; i++)
            new TensorBoardLog(run).Dispose();
        Assert.Equal(2, Directory.GetFiles(run.TensorBoard).Length);
        RunDirectory.Open(_temporary.Path, RunOpening.Overwrite);
        Assert.Empty(Directory.GetFiles(run.TensorBoard));
    }

    private static Event[] Read(string file) => [.. Records(file).Select(Event.Parser.ParseFrom)];

    // uint64 length, masked CRC of it, data, masked CRC of them.
    private static List<byte[]> Records(string file)
    {
        byte[] bytes = File.ReadAllBytes(file);
        var records = new List<byte[]>();
        for (int at = 0; at < bytes.Length;)
        {
            int length = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at)));
            Assert.Equal(MaskedCrc.Of(bytes.AsSpan(at, 8)), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 8)));
            byte[] data = bytes[(at + 12)..(at + 12 + length)];
            Assert.Equal(MaskedCrc.Of(data), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 12 + length)));
            records.Add(data);
            at += length + 16;
        }
        return records;
    }

    private sealed class Unwatched : ITrainingObserver;
}
