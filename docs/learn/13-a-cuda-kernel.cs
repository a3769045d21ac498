// A CUDA kernel in C#
//
// Seen here: a kernel as a C# method, the sum of each row by threads that help each other; the PTX that it becomes; and that PTX run by an
// interpreter, on a machine without a GPU too, which counts instructions and finds the race that was planted in a second version: the
// very mistake that on a GPU gives right sums most of the time.
#:project ../../src/Simt/BareBert.Simt.csproj
using BareBert.Simt;
using ILGPU;

Console.WriteLine("A C# method becomes PTX and runs, watched; a missing barrier in its twin is found, with the line and the two threads.\n");

const int Rows = 5, Cols = 300, Threads = 128;
var random = new Random(13);
float[] numbers = [.. Enumerable.Range(0, Rows * Cols).Select(_ => random.NextSingle() - 0.5f)];

SimtKernel kernel = SimtKernel.Of(Kernels.RowSums);
string[] ptx = kernel.Ptx.Split('\n');
Console.WriteLine($"{kernel.Name}: {ptx.Length} lines of PTX, {kernel.StaticSharedBytes} bytes of shared memory; where the threads meet:");
int meets = Array.FindIndex(ptx, line => line.Contains("bar.sync"));
foreach (string line in ptx[(meets - 1)..(meets + 5)])
    Console.WriteLine($"    {line.Trim()}");
Claim("it has barriers, shared memory, and no memory of a thread's own", ptx.Any(l => l.Contains("ld.shared")) && kernel.LocalBytes == 0);

using var device = new EmulatedDevice(new EmulatorOptions { CountBankConflicts = true });
using var x = new DeviceBuffer<float>(device, numbers.Length);
using var sums = new DeviceBuffer<float>(device, Rows);
x.Upload(numbers);
device.Launch(kernel, grid: Rows, group: Threads, sharedBytes: 0, x.View, sums.View, Cols);
float[] found = sums.Download(), truth = [.. numbers.Chunk(Cols).Select(row => row.Sum())];
Console.WriteLine($"\nrow sums {string.Join(", ", found.Select(s => $"{s:F3}"))}");
Claim("they are the sums", found.Zip(truth, (a, b) => Math.Abs(a - b)).Max() <= 1e-4);
LaunchStatistics did = device.Statistics;
Console.WriteLine($"{did.WarpInstructions:N0} instructions of {Rows * Threads / 32} warps, {did.DivergentBranches} branches that parted a warp, {did.BankConflicts.Values.Sum()} bank conflicts");
Claim("no two lanes of a warp wanted one bank", did.BankConflicts.Values.Sum() == 0);

// The same without the barrier inside the loop: a thread reads its partner's number before that has added its own.
string fault = Fault(() => device.Launch(SimtKernel.Of(Kernels.RowSumsWithARace), Rows, Threads, 0, x.View, sums.View, Cols));
Console.WriteLine($"\nwithout the barrier: {fault}");
Claim("the race is found", fault.Contains("a race"));

// Beyond the end of a buffer: one row too many.
fault = Fault(() => device.Launch(kernel, Rows + 1, Threads, 0, x.View, sums.View, Cols));
Console.WriteLine($"\none row too many: {fault}");
Claim("the access is found", fault.Contains("past the end of a buffer"));

Console.WriteLine("""

    Question: the last five rounds of the loop need no barrier between warps, for one warp does them. Why may it not simply be left out?
    Try: let thread t read x[row·cols + t·3 + i] instead, three neighbours each. The sums stay right: what would a GPU's memory say?
    """);

static string Fault(Action launch)
{
    try
    {
        launch();
        return "nothing was found";
    }
    catch (SimtFaultException e)
    {
        return e.Message;
    }
}

static void Claim(string what, bool holds) =>
    Console.WriteLine($"  it {(holds ? "holds" : $"does NOT hold (exit code {Environment.ExitCode = 1})")}: {what}");

/// <summary>A method that returns nothing and says what one thread does.</summary>
static class Kernels
{
    /// <summary>sums[row] = Σ x[row, ·]: a group of 128 threads a row. Each adds every 128th number, then halves add up: 64, 32, …, 1.</summary>
    public static void RowSums(ArrayView<float> x, ArrayView<float> sums, int cols)
    {
        ArrayView<float> part = SharedMemory.Allocate<float>(128);
        part[Group.IdxX] = Own(x, cols);
        for (int half = 64; half > 0; half /= 2)
        {
            Group.Barrier();
            if (Group.IdxX < half)
                part[Group.IdxX] += part[Group.IdxX + half];
        }
        if (Group.IdxX == 0)
            sums[Grid.IdxX] = part[0];
    }

    /// <summary>The same, but the threads do not wait for each other between two rounds.</summary>
    public static void RowSumsWithARace(ArrayView<float> x, ArrayView<float> sums, int cols)
    {
        ArrayView<float> part = SharedMemory.Allocate<float>(128);
        part[Group.IdxX] = Own(x, cols);
        Group.Barrier();
        for (int half = 64; half > 0; half /= 2)
        {
            if (Group.IdxX < half)
                part[Group.IdxX] += part[Group.IdxX + half];
        }
        if (Group.IdxX == 0)
            sums[Grid.IdxX] = part[0];
    }

    private static float Own(ArrayView<float> x, int cols)
    {
        float sum = 0;
        for (int col = Group.IdxX; col < cols; col += Group.DimX)
            sum += x[Grid.IdxX * cols + col];
        return sum;
    }
}
