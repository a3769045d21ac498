// A small GPT
//
// Seen here: a model that is not BERT, from the library's operations: it reads from left to right, each token sees only those before it,
// and learns to say what comes next. It learns to add numbers of two digits, written out as text, from examples, and adds ones that it has
// not seen. And that its mask is tight: what follows a token changes nothing of what is said about it.
#:project ../../src/Autograd/BareBert.Autograd.csproj
using System.Diagnostics;
using BareBert;
using BareBert.Autograd;
using BareBert.Autograd.Ops;
using BareBert.Kernels;

Console.WriteLine("A GPT of two layers, causal attention and all, learns to add from examples; three quarters of the sums it has never seen.\n");

const string Letters = "0123456789+=";
const int C = 64, Heads = 4, Layers = 2, Length = 9, Batch = 128, Steps = 400, Vocabulary = 12;
using IKernels kernels = Devices.Open("auto");
using var tape = new Tape(kernels);
using var gpt = new ParameterSet(kernels, [new("token", new Shape(Vocabulary, C)), new("place", new Shape(Length, C)), .. Norm("norm"), .. Dense("next", Vocabulary, C), new("loss", new Shape(1), IsTrained: false),
    .. Enumerable.Range(0, Layers).SelectMany<int, ParameterSlot>(i => [.. Norm($"{i}.norm1"), .. Dense($"{i}.qkv", 3 * C, C), .. Dense($"{i}.out", C, C), .. Norm($"{i}.norm2"), .. Dense($"{i}.up", 4 * C, C), .. Dense($"{i}.down", C, 4 * C)])]);
for (int i = 0; i < gpt.All.Count; i++)
{
    var start = new float[gpt.All[i].Value.Count];
    if (gpt.All[i].Shape.Rank == 2)
        NormalFill.Fill(start, deviation: 0.05, seed: 15, stream: (uint)i);
    else if (gpt.All[i].Name.EndsWith("scale", StringComparison.Ordinal))
        Array.Fill(start, 1);
    gpt.All[i].Value.Upload<float>(start);
}

// "37+58=095", the digits of the sum from the last one on: 590. A quarter of the 10,000 sums is to learn from.
var random = new PhiloxStream(seed: 15, stream: 1000);
int[] sums = [.. Enumerable.Range(0, 10_000)];
random.Shuffle(sums.AsSpan());
int[] seen = sums[..2500], unseen = sums[2500..];
Claim("each token is about itself and those before it, to the bit", Logits("12+34=640")[..(5 * Vocabulary)].SequenceEqual(Logits("12+34=640"[..5] + "9999")[..(5 * Vocabulary)]));

var clock = Stopwatch.StartNew();
for (int step = 0; step < Steps; step++)
{
    string[] texts = [.. Pick(seen, Batch).Select(Write)];
    gpt["loss"].Value.Zero();
    using (tape.Begin(TapeMode.Training(seed: 1, (uint)step)))
    {
        // What comes next: of each token the one that follows, but only behind the "=": the rest of a sum is anybody's guess.
        int[] next = [.. texts.SelectMany(text => Enumerable.Range(1, Length).Select(i => i is > 5 and < Length ? Letters.IndexOf(text[i]) : Labels.Ignore))];
        CrossEntropy.Apply(tape, gpt["loss"].Value, Forward(texts), tape.Upload(next), 1.0 / (3 * Batch));
        tape.Backward();
    }
    double rate = 3e-3 * Math.Min((step + 1) / 50.0, 1 - (double)step / Steps);
    kernels.Run(new AdamW { Weight = gpt.Values, Gradient = gpt.Grads, M = gpt.Moments1, V = gpt.Moments2, Options = new AdamWOptions(rate, 0.9, 0.98, 1e-8, 0.01, step + 1) });
    if (step % 100 == 99)
        Console.WriteLine($"step {step + 1,4}   loss {gpt["loss"].Value.ToArray<float>()[0]:F4}   {clock.Elapsed.TotalSeconds,5:F1} s");
}

// Said one digit after the other: each is put behind the text, and the model asked again.
int[] asked = unseen[..200];
string[] said = [.. asked.Select(sum => Write(sum)[..6])];
for (int digit = 0; digit < 3; digit++)
{
    float[] logits = LogitsOf(said);
    int rows = 6 + digit;
    said = [.. said.Select((text, i) => text + Letters[Enumerable.Range(0, Vocabulary).MaxBy(v => logits[((i + 1) * rows - 1) * Vocabulary + v])])];
}
double right = asked.Zip(said, (sum, text) => Write(sum) == text ? 1.0 : 0).Average();
Console.WriteLine($"\nsums that it has not seen, as {said[0][..6]}{string.Concat(said[0][6..].Reverse())}: {right:P0} right");
Claim("it adds", right > 0.8);

Console.WriteLine("""

    Question: the digits are written from the last one on. Why is that so much easier to learn, for somebody who writes from left to right?
    Try: isCausal: false. The loss falls to nothing at once, and then it cannot add at all. What has it learned?
    """);

static string Write(int sum) => $"{sum / 100:00}+{sum % 100:00}={string.Concat($"{sum / 100 + sum % 100:000}".Reverse())}";
int[] Pick(int[] from, int count) => [.. Enumerable.Range(0, count).Select(_ => from[random.NextInt(from.Length)])];
float[] Logits(string text) => LogitsOf([text]);

float[] LogitsOf(string[] texts)
{
    using (tape.Begin(TapeMode.Evaluation))
        return Forward(texts).Value.ToArray<float>();
}

// Radford et al. 2019: each half of a layer adds to x what it makes of x normalised.
Variable Forward(string[] texts)
{
    int length = texts[0].Length;
    Tensor ids = tape.Upload([.. texts.SelectMany(text => text.Select(c => Letters.IndexOf(c)))]), places = tape.Upload([.. texts.SelectMany(_ => Enumerable.Range(0, length))]);
    Tensor offsets = tape.Upload([.. Enumerable.Range(0, texts.Length + 1).Select(i => i * length)]);
    Variable x = Embedding.Apply(tape, gpt["token"], gpt["place"], null, ids, places, default);
    for (int i = 0; i < Layers; i++)
    {
        Variable attended = Attention.Apply(tape, Layer(Normal(x, $"{i}.norm1"), $"{i}.qkv"), offsets, length, Heads, dropoutRate: 0, isCausal: true);
        x = Add.Apply(tape, x, Layer(attended, $"{i}.out"));
        x = Add.Apply(tape, x, Layer(Layer(Normal(x, $"{i}.norm2"), $"{i}.up", Activation.Gelu), $"{i}.down"));
    }
    return Layer(Normal(x, "norm"), "next");
}

Variable Layer(Variable x, string name, Activation f = Activation.None) => Linear.Apply(tape, x, gpt[$"{name}.weight"], gpt[$"{name}.bias"], f);
Variable Normal(Variable x, string name) => LayerNorm.Apply(tape, x, gpt[$"{name}.scale"], gpt[$"{name}.bias"], 1e-5);
static ParameterSlot[] Dense(string name, int n, int k) => [new($"{name}.weight", new Shape(n, k)), new($"{name}.bias", new Shape(n))];
static ParameterSlot[] Norm(string name) => [new($"{name}.scale", new Shape(C)), new($"{name}.bias", new Shape(C))];

static void Claim(string what, bool holds) =>
    Console.WriteLine($"  it {(holds ? "holds" : $"does NOT hold (exit code {Environment.ExitCode = 1})")}: {what}");
