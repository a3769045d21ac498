// BERT in fifty lines
//
// Seen here: a whole BERT, from embeddings to both losses, written with the library's operations alone; then pretrained, epoch by epoch,
// on articles about a small invented world: how many words it hesitates between (its perplexity) falls far below what word frequencies
// give, because it finds out who lives where and whose dog barks.
#:project ../../src/Bert/BareBert.Bert.csproj
using System.Diagnostics;
using BareBert;
using BareBert.Autograd;
using BareBert.Autograd.Ops;
using BareBert.Bert.Data;
using BareBert.Bert.Tokenization;
using BareBert.Kernels;

Console.WriteLine("A BERT of two layers, in fifty lines of operations, is pretrained for 25 seconds; its perplexity is printed by epoch.\n");

const int Length = 48, Batch = 16, Epochs = 6, Layers = 2, Heads = 2, C = 64;
var world = new SampleWorld(seed: 1, trainArticles: 1200, heldOutArticles: 60);
var tokenizer = new WordPieceTokenizer(new Vocabulary(world.Vocabulary, "sample"));
using TokenCorpus corpus = TokenCache.InMemory(world, tokenizer);
var words = new MaskingVocabulary(tokenizer);
var train = new PretrainingExamples(corpus[Split.Train], words, new PretrainingOptions(Length), "the sample");
var valid = new PretrainingExamples(corpus[Split.Valid], words, PretrainingOptions.ForEvaluation(Length), "the held-out articles");
double unigram = Math.Exp(new UnigramBaseline(corpus[Split.Train], words).MaskedLoss(valid, valid.Plan(0)));

// The parameters: weights [out, in] begin as N(0, 0.02²), biases as 0, LayerNorm's scales as 1.
using IKernels kernels = Devices.Open("auto");
ParameterSlot[] slots =
[
    new("word", new Shape(tokenizer.VocabularySize, C)), new("position", new Shape(Length, C)), new("type", new Shape(2, C)), .. NormSlots("norm"),
    .. Enumerable.Range(0, Layers).SelectMany<int, ParameterSlot>(i => [.. DenseSlots($"{i}.qkv", 3 * C, C), .. DenseSlots($"{i}.out", C, C),
        .. NormSlots($"{i}.norm1"), .. DenseSlots($"{i}.up", 4 * C, C), .. DenseSlots($"{i}.down", C, 4 * C), .. NormSlots($"{i}.norm2")]),
    .. DenseSlots("pool", C, C), .. DenseSlots("next", 2, C), .. DenseSlots("guess", C, C), .. NormSlots("guess.norm"),
    new("guess.bias2", new Shape(tokenizer.VocabularySize)), new("loss", new Shape(1), IsTrained: false),
];
using var bert = new ParameterSet(kernels, slots);
for (int i = 0; i < slots.Length; i++)
{
    var start = new float[slots[i].Shape.Count];
    if (slots[i].Shape.Rank == 2)
        NormalFill.Fill(start, deviation: 0.02, seed: 1, stream: (uint)i);
    else if (slots[i].Name.EndsWith("scale", StringComparison.Ordinal))
        Array.Fill(start, 1);
    bert.All[i].Value.Upload<float>(start);
}

using var tape = new Tape(kernels);
var batch = new PretrainingBatch(Batch, Length);
var clock = Stopwatch.StartNew();
double perplexity = Perplexity();
Console.WriteLine($"{bert.Values.Count:N0} parameters; word frequencies alone give a perplexity of {unigram:F1}\nepoch 0  {perplexity,7:F1}");
Claim("untrained it guesses among all words", perplexity > 0.5 * tokenizer.VocabularySize);
for (int epoch = 0, step = 0; epoch < Epochs; epoch++)
{
    EpochPlan plan = train.Plan(epoch);
    for (int first = 0; first + Batch <= plan.Count; first += Batch, step++)
    {
        train.Fill(plan, first, Batch, batch);
        using (tape.Begin(TapeMode.Training(seed: 1, (uint)step)))
        {
            Forward();
            tape.Backward();
        }
        double rate = 4e-3 * Math.Min((step + 1) / 100.0, Math.Max(1 - (double)step * Batch / (Epochs * plan.Count), 0)); // up, then down to 0
        var options = new AdamWOptions(rate, Beta1: 0.9, Beta2: 0.98, Epsilon: 1e-6, WeightDecay: 0.01, step + 1); // of all; BERT spares biases and LayerNorms
        kernels.Run(new AdamW { Weight = bert.Values, Gradient = bert.Grads, M = bert.Moments1, V = bert.Moments2, Options = options }); // which zeroes the gradients
    }
    perplexity = Perplexity();
    Console.WriteLine($"epoch {epoch + 1}  {perplexity,7:F1}   {clock.Elapsed.TotalSeconds,5:F1} s");
}
Claim("it hesitates among a seventh as many words as frequencies do", perplexity < unigram / 7);

Console.WriteLine("""

    Question: what must a layer have found out to fill in "rosa keeps a dog … the [MASK] barks"? Which head could you look at for it?
    Try: leave the positions out (upload zeros for them). Which words does it still guess, and what becomes of its perplexity?
    """);

// The model: −log p of each hidden word, and in training what backward needs. Devlin et al. 2018, arXiv:1810.04805.
Tensor Forward()
{
    Tensor offsets = tape.Upload(batch.Offsets), loss = bert["loss"].Value;
    Variable x = Embedding.Apply(tape, bert["word"], bert["position"], bert["type"], tape.Upload(batch.Ids), tape.Upload(batch.Positions), tape.Upload(batch.TokenTypes));
    x = LayerNorm.Apply(tape, x, bert["norm.scale"], bert["norm.bias"], 1e-12);
    for (int i = 0; i < Layers; i++)
    {
        Variable attended = Attention.Apply(tape, Dense(x, $"{i}.qkv"), offsets, maxLength: Length, Heads, dropoutRate: 0);
        x = AddAndNorm(x, Dense(attended, $"{i}.out"), $"{i}.norm1");
        x = AddAndNorm(x, Dense(Dense(x, $"{i}.up", Activation.Gelu), $"{i}.down"), $"{i}.norm2");
    }
    Variable cls = GatherRows.Apply(tape, x, tape.Upload(batch.Offsets[..^1])); // each sequence's first token
    Variable follows = Dense(Dense(cls, "pool", Activation.Tanh), "next");
    CrossEntropy.Apply(tape, loss, follows, tape.Upload(batch.NextSentenceLabels), 1.0 / batch.Sequences);
    Variable hidden = Dense(GatherRows.Apply(tape, x, tape.Upload(batch.MaskedPositions)), "guess", Activation.Gelu);
    hidden = LayerNorm.Apply(tape, hidden, bert["guess.norm.scale"], bert["guess.norm.bias"], 1e-12);
    return VocabularyCrossEntropy.Apply(tape, loss, default, hidden, bert["word"], bert["guess.bias2"], tape.Upload(batch.MaskedLabels), 1.0 / batch.MaskedTokens);
}

Variable Dense(Variable x, string name, Activation f = Activation.None) => Linear.Apply(tape, x, bert[$"{name}.weight"], bert[$"{name}.bias"], f);
Variable AddAndNorm(Variable x, Variable branch, string name) => ResidualLayerNorm.Apply(tape, x, branch, bert[$"{name}.scale"], bert[$"{name}.bias"], 1e-12, dropoutRate: 0);
static ParameterSlot[] DenseSlots(string name, int n, int k) => [new($"{name}.weight", new Shape(n, k)), new($"{name}.bias", new Shape(n))];
static ParameterSlot[] NormSlots(string name) => [new($"{name}.scale", new Shape(C)), new($"{name}.bias", new Shape(C))];

// exp of the mean of −log p over the hidden words of articles that it has not seen.
double Perplexity()
{
    var losses = new List<float>();
    EpochPlan plan = valid.Plan(0);
    for (int first = 0; first < plan.Count; first += Batch)
    {
        valid.Fill(plan, first, Math.Min(Batch, plan.Count - first), batch);
        using (tape.Begin(TapeMode.Evaluation))
            losses.AddRange(Forward().ToArray<float>());
    }
    return Math.Exp(losses.Average());
}

static void Claim(string what, bool holds) =>
    Console.WriteLine($"  it {(holds ? "holds" : $"does NOT hold (exit code {Environment.ExitCode = 1})")}: {what}");
