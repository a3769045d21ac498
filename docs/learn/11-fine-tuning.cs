// Fine-tuning, and what [CLS] holds
//
// Seen here: what pretraining is for. A small model reads about animals, unlabelled text. Then it is told of twelve words what they are, a
// sound, a food or a home, and knows it of 24 others, because it has read in what company words stand. The same network from random
// weights, told the same, guesses. Then the vectors of [CLS] are looked at: what is in them before, and what is put there.
#:project ../../src/Bert/BareBert.Bert.csproj
using BareBert.Bert.Models;
using BareBert.Bert.Tasks;
using BareBert.Bert.Training;

Console.WriteLine("Told twelve words' kinds, a model that has read knows those of 24 others; one that has not guesses; [CLS] is why.\n");

const int Told = 4;
(string Kind, string[] Words, string[] Phrases)[] kinds =
[
    ("sound", ["barks", "neighs", "quacks", "purrs", "bleats", "clucks", "moos", "grunts", "talks", "brays", "squeaks", "croaks"], ["at night it {0} loudly", "hear how it {0} again", "it {0} and is glad"]),
    ("food", ["bones", "oats", "snails", "fish", "thistles", "corn", "hay", "turnips", "seeds", "carrots", "cheese", "flies"], ["it eats {0} every day", "give it some {0} please", "it likes {0} best"]),
    ("home", ["kennel", "stable", "pond", "basket", "shed", "coop", "barn", "sty", "cage", "paddock", "box", "ditch"], ["it sleeps in the {0} now", "the {0} is where it lives", "look for it in the {0}"]),
];
string folder = Directory.CreateTempSubdirectory("learn").FullName;
try
{
    Learn();
}
finally
{
    Directory.Delete(folder, recursive: true);
}

Console.WriteLine("""

    Question: both models are fine-tuned on the same few words. Why does only one of them know the others?
    Try: Steps = 20 for the reading. And: Method = FineTuningMethod.Frozen for the telling, where only the head learns. What is lost?
    """);

void Learn()
{
    // What it reads: paragraphs of three sentences, a line each. A vocabulary is trained on them; the model has two layers, 64 wide.
    var random = new Random(11);
    File.WriteAllLines($"{folder}/animals.txt", Enumerable.Range(0, 1500).SelectMany(_ => (string[])[Sentence(random), Sentence(random), Sentence(random), ""]));
    File.WriteAllText($"{folder}/config.json", """
        {"model_type": "bert", "vocab_size": 200, "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 256,
         "max_position_embeddings": 32, "hidden_dropout_prob": 0, "attention_probs_dropout_prob": 0}
        """);
    TrainingResult read = new Pretrainer(new PretrainerOptions
    {
        Data = [$"{folder}/animals.txt"], Model = $"{folder}/config.json", Vocabulary = "200", SequenceLength = 32, BatchSize = 32, Steps = 800, LearningRate = 3e-3,
        EvalLimit = 100, Cache = "none", Out = $"{folder}/read",
    }).Run();
    double perplexity = read.State.History[^1].Metrics["mlm_perplexity"];
    Console.WriteLine($"perplexity {read.State.History[0].Metrics["mlm_perplexity"]:F0} before reading, {perplexity:F1} after");
    Claim("it has learned what can stand where", perplexity < 10);

    // What it is told: four words of each kind, by themselves. What it is asked: the others.
    File.WriteAllLines($"{folder}/told.csv", ["text,label", .. kinds.SelectMany(k => k.Words.Take(Told).Select(word => $"{word},{k.Kind}"))]);
    (double knows, string tuned) = Tell(untrained: false);
    (double guesses, string random1) = Tell(untrained: true);
    Console.WriteLine($"\nof {kinds.Sum(k => k.Words.Length - Told)} words that it was not told: {knows:P0} right; from random weights {guesses:P0}; chance is {1.0 / kinds.Length:P0}");
    Claim("who has read knows", knows > 0.6);
    Claim("who has not guesses", guesses < 0.5);

    (double before, double after, double unread) = (Likeness(read.ModelPath), Likeness(tuned), Likeness(random1));
    Console.WriteLine($"\nlikeness (cosine) of [CLS] between words of a kind, less that between kinds: {before:F2} before, {after:F2} after; unread {unread:F2}");
    Claim("fine-tuning puts the kind into [CLS]", after > before + 0.2 && after > unread + 0.2);
}

// Fine-tunes on the told words and asks for the others: the share that is right, and where the model is.
(double Right, string Model) Tell(bool untrained)
{
    TrainingResult told = new FineTuner(new FineTunerOptions
    {
        Task = new ClassificationOptions(), Data = $"{folder}/told.csv", Validation = $"{folder}/told.csv", Model = $"{folder}/read", Untrained = untrained,
        Epochs = 20, BatchSize = 4, LearningRate = 5e-4, Out = $"{folder}/told-{untrained}",
    }).Run();
    using TextClassifier classifier = TextClassifier.Open(told.ModelPath);
    return (kinds.SelectMany(k => k.Words.Skip(Told).Select(word => classifier.Predict(word).Label == k.Kind ? 1.0 : 0)).Average(), told.ModelPath);
}

// Mean cosine of the [CLS] vectors of words that were not told: of pairs of one kind, less pairs of two.
double Likeness(string model)
{
    using TextEmbedder embedder = TextEmbedder.Open(model, change: modules => modules with { Pooling = Pooling.Cls });
    (string Kind, float[] Vector)[] words = [.. kinds.SelectMany(k => embedder.Embed([.. k.Words.Skip(Told)]).Select(v => (k.Kind, v)))];
    (bool Same, double Cosine)[] pairs = [.. from a in words from b in words where a.Vector != b.Vector select (a.Kind == b.Kind, Dot(a.Vector, b.Vector) / Math.Sqrt(Dot(a.Vector, a.Vector) * Dot(b.Vector, b.Vector)))];
    return pairs.Where(p => p.Same).Average(p => p.Cosine) - pairs.Where(p => !p.Same).Average(p => p.Cosine);
}

string Sentence(Random random)
{
    (_, string[] words, string[] phrases) = random.GetItems(kinds, 1)[0];
    return string.Format(random.GetItems(phrases, 1)[0], random.GetItems(words, 1)[0]);
}

static double Dot(float[] a, float[] b) => a.Zip(b, (p, q) => (double)p * q).Sum();

static void Claim(string what, bool holds) =>
    Console.WriteLine($"  it {(holds ? "holds" : $"does NOT hold (exit code {Environment.ExitCode = 1})")}: {what}");
