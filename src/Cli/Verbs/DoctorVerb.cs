using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using BareBert.Cli.Display;
using BareBert.Kernels;
using BareBert.Simt;

namespace BareBert.Cli.Verbs;

/// <summary>barebert doctor: what this machine can compute with, whether it computes right, and how fast.</summary>
internal static class DoctorVerb
{
    public const string Help = """
        List the devices, say which one auto takes and why, test each, and measure how fast it is. For what is missing: how to get it.

        Examples:
          barebert doctor
          barebert doctor --quick
          barebert doctor --json --threads 1
          mpirun -n 4 barebert doctor
              whether the processes that a launcher starts reach each other
        """;

    private static readonly string[] Columns = ["device", "precision", "self-test", "largest error", "GFLOP/s", "M = N = K", "GB/s"];

    public static Command Create()
    {
        var quick = new Option<bool>("--quick") { Description = "Check the devices' results, but do not measure their speed." };
        Option<int> threads = new("--threads") { Description = ComputeOptions.ThreadsHelp, DefaultValueFactory = _ => 0, HelpName = "N" };
        Option<bool> json = CommonOptions.Json();
        var verb = new Command("doctor", Help) { quick, threads, json };
        verb.SetAction((parsed, cancel) => Task.FromResult(Run(parsed.GetValue(threads), !parsed.GetValue(quick), parsed.GetValue(json), cancel)));
        return verb;
    }

    private static int Run(int threads, bool measures, bool isJson, CancellationToken cancel)
    {
        if (Processes.Current is { Group.Size: > 1 } processes)
        {
            processes.Meet();
            Console.WriteLine(ProcessCheck.Run(processes.Group));
            return ExitCodes.Success;
        }
        // Refuses a wrong number of threads before anything is printed.
        Devices.Open("cpu", threads).Dispose();
        IReadOnlyList<DeviceEntry> devices = DeviceEntry.Survey(threads);
        DeviceChoice choice = Devices.Choose();
        if (!isJson)
            PrintDevices(devices, choice);
        ProcessorLimits? limits = measures ? ProcessorLimits.Measure(threads) : null;
        SelfTest[] tests = [.. devices.Where(device => device.IsTested).SelectMany(device => device.Precisions.Select(precision =>
        {
            cancel.ThrowIfCancellationRequested();
            return SelfTest.Run(device.Name, precision, () => Devices.Open(device.Name, threads, precision), measures);
        }))];
        cancel.ThrowIfCancellationRequested();
        IReadOnlyList<ProcessEntry> launched = ProcessEntry.Survey(tries: measures);
        NcclEntry nccl = NcclEntry.Survey();
        if (isJson)
        {
            JsonObject json = ToJson(devices, choice, limits, tests);
            json["processes"] = new JsonArray([.. launched.Select(entry => (JsonNode)entry.ToJson())]);
            json["nccl"] = nccl.ToJson();
            JsonOutput.Print(json);
        }
        else
        {
            PrintTests(tests, limits);
            Console.WriteLine(launched.Count == 0 ? "several processes: no MPI library; apt-get install openmpi-bin or mpich" : $"several processes: {string.Join("; ", launched)}");
            Console.WriteLine($"several GPUs: {nccl}");
        }
        string[] ill = [.. tests.Where(test => !test.Passed).Select(test => test.Device).Distinct()];
        return ill.Length == 0 ? ExitCodes.Success
            : throw new RunException($"the self-test failed: {string.Join(", ", ill)}; choose another --device until it passes");
    }

    private static void PrintDevices(IReadOnlyList<DeviceEntry> devices, DeviceChoice choice)
    {
        Console.WriteLine($"barebert {Version}, {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}, "
            + $"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1e9:F1} GB of memory\n");
        foreach (DeviceEntry device in devices)
            Console.WriteLine($"{device.Name,-11}{(device.Obstacle is null ? device.Description : $"{device.Description}: not to be had: {device.Obstacle}")}");
        Console.WriteLine($"\nauto is {choice.Name}: {choice.Why}");
        Console.WriteLine($"GPU kernels are compiled by {SimtKernel.Compiler}, for sm_80, or for sm_90 where the GPU is one, and kept in {SimtKernel.KeptIn}\n");
    }

    private static void PrintTests(SelfTest[] tests, ProcessorLimits? limits)
    {
        var table = new ReportTable("Self-test: multiply and attention, forward and backward, against reference", Columns, [.. tests.Select(test => test.ToRow())])
        {
            Caption = limits is null ? null : $"multiply; y += x, which moves 12 bytes an element. The processor's limits: {limits.PeakFlops / 1e9:F1} GFLOP/s of "
                + $"multiply-adds; {limits.Memory.Read:F1} GB/s read, {limits.Memory.Copy:F1} copied, {limits.Memory.Update:F1} updated",
        };
        Plain.Write(Plain.Console(), table);
    }

    private static JsonObject ToJson(IReadOnlyList<DeviceEntry> devices, DeviceChoice choice, ProcessorLimits? limits, SelfTest[] tests)
    {
        var json = new JsonObject
        {
            ["version"] = Version,
            ["runtime"] = RuntimeInformation.FrameworkDescription,
            ["system"] = RuntimeInformation.OSDescription,
            ["memory_bytes"] = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
            ["kernel_compiler"] = SimtKernel.Compiler,
            ["kernel_cache"] = SimtKernel.KeptIn,
            ["auto"] = new JsonObject { ["device"] = choice.Name, ["why"] = choice.Why },
            ["devices"] = new JsonArray([.. devices.Select(device => (JsonNode)ToJson(device, tests))]),
        };
        if (limits is not null)
        {
            json["processor_limits"] = new JsonObject
            {
                ["gflops"] = Math.Round(limits.PeakFlops / 1e9, 1),
                ["read_gb_per_s"] = Math.Round(limits.Memory.Read, 1),
                ["copy_gb_per_s"] = Math.Round(limits.Memory.Copy, 1),
                ["update_gb_per_s"] = Math.Round(limits.Memory.Update, 1),
            };
        }
        return json;
    }

    private static JsonObject ToJson(DeviceEntry device, SelfTest[] tests)
    {
        var json = new JsonObject { ["name"] = device.Name, ["description"] = device.Description, ["usable"] = device.Obstacle is null };
        if (device.Obstacle is not null)
            json["missing"] = device.Obstacle;
        foreach ((string name, JsonNode? fact) in device.Facts)
            json[name] = fact?.DeepClone();
        if (device.IsTested)
            json["self_tests"] = new JsonArray([.. tests.Where(test => test.Device == device.Name).Select(test => (JsonNode)test.ToJson())]);
        return json;
    }

    private static string Version => typeof(DoctorVerb).Assembly.GetName().Version!.ToString(3);
}
