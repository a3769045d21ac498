// Numbers and shapes
//
// Seen here: a tensor is an address, a type and a shape, and nothing else. Its rows lie one behind the other; a view is a second
// name for the same memory; sequences of different lengths are packed without padding; and a step gives all its memory back at
// once, so that a tensor of an earlier step is noticed when it is used.
#:project ../../src/Tensor/BareBert.Tensor.csproj
using BareBert;

Console.WriteLine("A tensor is an address, a type and a shape; memory is given back a step at a time, and who comes too late is told.\n");

using var memory = new HostMemory();
using var step = new Arena(memory);

// Twelve numbers, seen as three rows of four. Names of dimensions are for people: they stand in error messages.
Tensor x = step.Upload<float>(new Shape(("rows", 3), ("cols", 4)), [0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23]);
Console.WriteLine($"x is {x}: {x.Count} elements, {x.Bytes} bytes");
for (int row = 0; row < x.Rows; row++)
    Console.WriteLine($"  row {row}: {string.Join(' ', x.RowSlice(row, 1).ToArray<float>())}");

// Row-major: element (row, col) is number row·cols + col of the memory. There are no strides, so nothing else is possible.
Claim("element (2, 1) is number 2·4 + 1", x.Span<float>()[2 * x.Cols + 1] == 21);

// A view has another shape and the same memory; a slice begins further on. Neither copies.
Tensor flat = x.View(new Shape(12)), second = x.RowSlice(1, 1);
flat.Span<float>()[5] = 99;
Claim("writing through a view changes x and its slices", x.Span<float>()[5] == 99 && second.Span<float>()[1] == 99);
Claim("the second row begins 16 bytes behind the first", second.Address - x.Address == 4 * sizeof(float));

// A transpose would be another order in memory: it is a copy, or a flag of the multiply that reads it so.
var transposed = new float[12];
for (int row = 0; row < x.Rows; row++)
{
    for (int col = 0; col < x.Cols; col++)
        transposed[col * x.Rows + row] = x.Span<float>()[row * x.Cols + col];
}
Tensor y = step.Upload<float>(new Shape(("cols", 4), ("rows", 3)), transposed);
Claim("x(2, 1) is y(1, 2)", x.Span<float>()[2 * 4 + 1] == y.Span<float>()[1 * 3 + 2]);

// A batch is its sequences laid end to end. Offsets say where each begins; the last one is the number of tokens.
int[][] sequences = [[7, 8, 9], [5], [1, 2, 3, 4]];
int[] offsets = [0, .. sequences.Select((_, i) => sequences.Take(i + 1).Sum(s => s.Length))];
Tensor ids = step.Upload<int>(new Shape(("tokens", offsets[^1])), [.. sequences.SelectMany(s => s)]);
Console.WriteLine($"\n{sequences.Length} sequences are {ids} with offsets {string.Join(' ', offsets)}");
int padded = sequences.Length * sequences.Max(s => s.Length);
Claim($"padding to the longest would take {padded} places for {ids.Count} tokens", padded == 12 && ids.Count == 8);
Claim("the third sequence is tokens 4 to 8", ids.ToArray<int>()[offsets[2]..offsets[3]] is [1, 2, 3, 4]);

// Wrong shapes are told with both of them.
string said = Message(() => x.View(new Shape(5, 3)));
Console.WriteLine($"\nx.View(5, 3): {said}");
Claim("the message names both shapes", said.Contains("[rows=3, cols=4]") && said.Contains("[5, 3]"));

// The end of a step: everything goes back at once, and every handle of it is stale.
step.Reset();
said = Message(() => _ = x.Span<float>()[0]);
Console.WriteLine($"x after the step: {said}");
Claim("a stale tensor is noticed", said.Contains("after its arena was reset"));

// From the second step on memory no longer grows, however many steps there are.
var held = new List<long>();
for (int i = 0; i < 5; i++)
{
    for (int tensor = 0; tensor < 40; tensor++)
        step.Allocate(new Shape(1000, 100));
    held.Add(step.Capacity);
    step.Reset();
}
Console.WriteLine($"\nmegabytes held in five steps of 16 MB: {string.Join(", ", held.Select(bytes => $"{bytes / 1e6:F1}"))}");
Claim("they are the same from the second step on", held.Skip(1).Distinct().Count() == 1);

Console.WriteLine("""

    Question: why is there no tensor with strides, in which a transpose would cost nothing? (Think of who would have to know.)
    Try: recycle each tensor of the last loop (step.Recycle) before the next one is made. How much memory is held now?
    """);

static string Message(Action action)
{
    try
    {
        action();
        return "nothing happened";
    }
    catch (Exception e)
    {
        return e.Message;
    }
}

static void Claim(string what, bool holds) =>
    Console.WriteLine($"  it {(holds ? "holds" : $"does NOT hold (exit code {Environment.ExitCode = 1})")}: {what}");
