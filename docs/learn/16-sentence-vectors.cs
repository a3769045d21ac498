// Sentence vectors
//
// Seen here: another model that is not BERT: an encoder that makes one vector of a sentence, trained with nothing but pairs. Sentences are
// said in two languages that share no word; of a batch each must find its partner among all. Nobody gives it a dictionary. In the
// end it finds the translation of sentences that it has never seen, among a thousand, and the dictionary can be read off its words.
#:project ../../src/Autograd/BareBert.Autograd.csproj
using BareBert;
using BareBert.Autograd;
using BareBert.Autograd.Ops;
using BareBert.Kernels;

Console.WriteLine("From pairs of sentences alone an encoder learns two languages' common meaning: it finds translations it has never seen.\n");

const int Things = 80, C = 48, Batch = 64, Steps = 200;
using IKernels kernels = Devices.Open("auto");
using var tape = new Tape(kernels);
using var model = new ParameterSet(kernels, [new("words", new Shape(2 * Things, C)), new("out.weight", new Shape(C, C)), new("out.bias", new Shape(C)), new("loss", new Shape(1), IsTrained: false)]);
for (int i = 0; i < 2; i++)
{
    var start = new float[model.All[i].Value.Count];
    NormalFill.Fill(start, deviation: 0.15, seed: 16, stream: (uint)i);
    model.All[i].Value.Upload<float>(start);
}
var random = new PhiloxStream(seed: 16, stream: 9);

// Thing t is word t in one language and word 80 + something in the other. A sentence is three to six things, in any order in each.
int[] other = [.. Enumerable.Range(Things, Things)];
random.Shuffle(other.AsSpan());
(int[][] untold, int[][] translated) = Pairs(1000);
double before = Found(untold, translated);
for (int step = 0; step < Steps; step++)
{
    (int[][] one, int[][] two) = Pairs(Batch);
    model["loss"].Value.Zero();
    using (tape.Begin(TapeMode.Training(seed: 1, (uint)step)))
    {
        // Cosines of all with all, sharpened; each row's own partner is its class, the others of the batch are the wrong ones.
        Variable cosines = MatMul.Apply(tape, Encode(one), Encode(two), transposeB: true);
        Variable scores = Arithmetic.Apply(tape, cosines, ArithmeticOperator.Multiply, Row(Batch, 15));
        CrossEntropy.Apply(tape, model["loss"].Value, scores, tape.Upload([.. Enumerable.Range(0, Batch)]), 1.0 / Batch);
        tape.Backward();
    }
    double rate = 5e-3 * (1 - (double)step / Steps);
    kernels.Run(new AdamW { Weight = model.Values, Gradient = model.Grads, M = model.Moments1, V = model.Moments2, Options = new AdamWOptions(rate, 0.9, 0.99, 1e-8, 0, step + 1) });
    if (step % 50 == 49)
        Console.WriteLine($"step {step + 1,4}   loss {model["loss"].Value.ToArray<float>()[0]:F3}   found among a thousand {Found(untold, translated):P1}");
}
double after = Found(untold, translated);
Console.WriteLine($"\ntranslations found among 1,000 sentences that it has not seen: {before:P1} before, {after:P1} after");
Claim("untrained it guesses", before < 0.02);
Claim("it finds them", after > 0.9);

// The dictionary: a word by itself is a sentence too; its nearest in the other language.
int[][] words = [.. Enumerable.Range(0, Things).Select(t => (int[])[t])], translations = [.. Enumerable.Range(0, Things).Select(t => (int[])[other[t]])];
double dictionary = Found(words, translations);
Console.WriteLine($"words whose nearest in the other language is their translation: {dictionary:P0}");
Claim("it has made the dictionary that nobody gave it", dictionary > 0.9);

using (tape.Begin(TapeMode.Evaluation))
{
    float[][] vectors = [.. Encode(untold[..5]).Value.ToArray<float>().Chunk(C)];
    Claim("every vector has length 1", vectors.All(v => Math.Abs(v.Sum(x => (double)x * x) - 1) <= 1e-5));
}

Console.WriteLine("""

    Question: cosines are multiplied by 15 before the softmax. What is the least loss that 64 scores between −1 and 1 could reach?
    Try: batches of 8. The loss is smaller and the model worse: why? And leave RowNormalisation out: what does the loss reward then?
    """);

// A vector a word, GELU, the mean of a sentence's, a layer, length 1.
Variable Encode(int[][] sentences)
{
    Tensor offsets = tape.Upload([0, .. sentences.Select((_, i) => sentences.Take(i + 1).Sum(s => s.Length))]);
    Variable x = GatherRows.Apply(tape, model["words"], tape.Upload([.. sentences.SelectMany(s => s)]));
    Variable mean = SequenceSum.Apply(tape, Activate.Apply(tape, x, Activation.Gelu), offsets, isMean: true);
    return RowNormalisation.Apply(tape, Linear.Apply(tape, mean, model["out.weight"], model["out.bias"]));
}

Variable Row(int count, float value) => tape.Constant(new Shape(count), [.. Enumerable.Repeat(value, count)]);

// How often the nearest of the second list is the partner.
double Found(int[][] one, int[][] two)
{
    using (tape.Begin(TapeMode.Evaluation))
    {
        float[] cosines = MatMul.Apply(tape, Encode(one), Encode(two), transposeB: true).Value.ToArray<float>();
        return cosines.Chunk(two.Length).Select((row, i) => Array.IndexOf(row, row.Max()) == i ? 1.0 : 0).Average();
    }
}

(int[][], int[][]) Pairs(int count)
{
    var one = new int[count][];
    for (int i = 0; i < count; i++)
    {
        int[] things = [.. Enumerable.Range(0, Things)];
        random.Shuffle(things.AsSpan());
        one[i] = things[..(3 + random.NextInt(4))];
    }
    return (one, [.. one.Select(s => s.Reverse().Select(t => other[t]).ToArray())]);
}

static void Claim(string what, bool holds) =>
    Console.WriteLine($"  it {(holds ? "holds" : $"does NOT hold (exit code {Environment.ExitCode = 1})")}: {what}");
