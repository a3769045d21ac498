// Attention, with its map drawn
//
// Seen here: one head computed as it is defined, which finds out what "it" is; the map of who looks at whom, written as a picture; the
// library's kernel, which never holds that map and gives the same; and that two sequences packed into one batch do not see each other.
#:project ../../src/Autograd/BareBert.Autograd.csproj
using System.Globalization;
using System.Text;
using BareBert;
using BareBert.Autograd;
using BareBert.Autograd.Ops;
using BareBert.Kernels;

string picture = args is [var path] ? path : Path.Combine(Path.GetTempPath(), "attention.svg");
Console.WriteLine($"A head of attention finds what \"it\" is; its map is drawn in {picture}; the kernel that never holds the map agrees.\n");

// Each word has what it offers (key), what it looks for (query) and what it passes on (value). A model learns these; here they are
// written by hand, four features: is it a living thing, is it a thing that is built, is it a verb; what it means as a fourth.
string[] words = ["the", "cat", "left", "the", "house", "because", "it", "was", "hungry"];
const int D = 4, Width = 3 * D;
float[] key = new float[words.Length * D], query = new float[words.Length * D], value = new float[words.Length * D];
void Say(float[] of, string word, float living, float built, float verb, float meaning) =>
    new[] { living, built, verb, meaning }.CopyTo(of, Array.IndexOf(words, word) * D);
Say(key, "cat", living: 6, built: 0, verb: 0, meaning: 0);
Say(key, "house", living: 0, built: 6, verb: 0, meaning: 0);
Say(key, "left", living: 0, built: 0, verb: 6, meaning: 0);
Say(query, "it", living: 2, built: 0.5f, verb: 0, meaning: 0); // hungry: a living thing rather than a built one
Say(query, "hungry", living: 0, built: 0, verb: 1, meaning: 0);
Say(value, "cat", living: 0, built: 0, verb: 0, meaning: 1);
Say(value, "house", living: 0, built: 0, verb: 0, meaning: -1);

// By definition: pᵢⱼ = softmaxⱼ(qᵢ·kⱼ/√D), yᵢ = Σⱼ pᵢⱼ·vⱼ.
int T = words.Length;
double[][] map = [.. Enumerable.Range(0, T).Select(i => Softmax([.. Enumerable.Range(0, T).Select(j => Dot(query, i, key, j) / Math.Sqrt(D))]))];
double[][] y = [.. map.Select(row => Enumerable.Range(0, D).Select(d => Enumerable.Range(0, T).Sum(j => row[j] * value[j * D + d])).ToArray())];
int it = Array.IndexOf(words, "it"), cat = Array.IndexOf(words, "cat");
foreach ((string word, double p) in words.Zip(map[it]).OrderByDescending(pair => pair.Second).Take(3))
    Console.WriteLine($"  \"it\" looks at \"{word}\" with {p:P0}");
Claim("every row of the map sums to 1", map.All(row => Math.Abs(row.Sum() - 1) <= 1e-12));
Claim("\"it\" takes its meaning from the cat", map[it].Max() == map[it][cat] && map[it][cat] > 0.9 && y[it][3] > 0.9);
Claim("a word that looks for nothing looks everywhere alike", map[0].All(p => Math.Abs(p - 1.0 / T) <= 1e-12));
File.WriteAllText(picture, Draw(words, map));
Claim("the picture has a square for each pair", File.ReadAllText(picture).Split("<rect").Length - 1 == T * T);

// The kernel: q, k and v side by side in a row of [tokens, 3C]; blocks of scores that are used and forgotten.
using var cpu = new CpuKernels();
using var tape = new Tape(cpu);
float[] alone = [.. Enumerable.Range(0, T).SelectMany(i => (float[])[.. query[(i * D)..(i * D + D)], .. key[(i * D)..(i * D + D)], .. value[(i * D)..(i * D + D)]])];
float[] attended = Attend(alone, [0, T]);
Claim("the library's kernel gives the same", attended.Zip(y.SelectMany(row => row), (p, q) => Math.Abs(p - q)).Max() <= 1e-5);

// A batch of two sequences, one behind the other: another sequence of five tokens in front changes nothing.
var random = new PhiloxStream(seed: 7, stream: 0);
float[] other = [.. Enumerable.Range(0, 5 * Width).Select(_ => (float)(3 * random.NextNormal()))];
Claim("packed sequences do not see each other", Attend([.. other, .. alone], [0, 5, 5 + T])[(5 * D)..].SequenceEqual(attended));

// Attention knows no order: with its words shuffled it computes the same for each. That is why BERT adds positions to words.
int[] order = [.. Enumerable.Range(0, T)];
random.Shuffle(order.AsSpan());
float[] shuffled = Attend([.. order.SelectMany(i => alone[(i * Width)..(i * Width + Width)])], [0, T]);
Claim("it knows no order", order.Select((from, to) => Math.Abs(shuffled[to * D + 3] - attended[from * D + 3])).Max() <= 1e-6);

Console.WriteLine("""

    Question: the map of a text of 512 words and 12 heads has 3 million numbers a layer. What does the kernel keep of it for backward?
    Try: make it "the cat left the house because it was old": what must "it" look for now? Look at the picture.
    """);

float[] Attend(float[] qkv, int[] offsets)
{
    using (tape.Begin(TapeMode.Evaluation))
    {
        var rows = new Variable(tape.Arena.Upload<float>(new Shape(qkv.Length / Width, Width), qkv));
        return Attention.Apply(tape, rows, tape.Upload(offsets), maxLength: T, heads: 1, dropoutRate: 0).Value.ToArray<float>();
    }
}

static double[] Softmax(double[] scores) => [.. scores.Select(s => Math.Exp(s - scores.Max()) / scores.Sum(z => Math.Exp(z - scores.Max())))];

static double Dot(float[] a, int i, float[] b, int j) => Enumerable.Range(0, D).Sum(d => (double)a[i * D + d] * b[j * D + d]);

// A row for who looks, a column for who is looked at; the darker the more.
static string Draw(string[] words, double[][] map)
{
    const int Cell = 40, Margin = 90;
    int size = Margin + words.Length * Cell;
    var svg = new StringBuilder($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {size} {size}\" font-family=\"sans-serif\" font-size=\"14\">\n");
    for (int i = 0; i < words.Length; i++)
    {
        int at = Margin + i * Cell;
        svg.Append($"<text x=\"{Margin - 8}\" y=\"{at + 25}\" text-anchor=\"end\">{words[i]}</text>");
        svg.Append($"<text transform=\"translate({at + 25} {Margin - 8}) rotate(-60)\">{words[i]}</text>\n");
        for (int j = 0; j < words.Length; j++)
            svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{Margin + j * Cell}\" y=\"{at}\" width=\"{Cell - 1}\" height=\"{Cell - 1}\" fill=\"#1f5fa8\" fill-opacity=\"{0.03 + 0.97 * map[i][j]:F3}\"><title>{words[i]} → {words[j]}: {map[i][j]:P1}</title></rect>\n");
    }
    return svg.Append("</svg>\n").ToString();
}

static void Claim(string what, bool holds) =>
    Console.WriteLine($"  it {(holds ? "holds" : $"does NOT hold (exit code {Environment.ExitCode = 1})")}: {what}");
