// Masked words and next sentences, as they are drawn
//
// Seen here: the examples that BERT is pretrained on: two pieces of text, the second of which follows the first or comes from elsewhere,
// with some words hidden, some replaced, some left as they were; that the shares are those of the paper; and that an example is a
// function of (seed, epoch, number), so that nothing has to be stored and a resumed run draws the same.
#:project ../../src/Bert/BareBert.Bert.csproj
using BareBert.Bert.Data;
using BareBert.Bert.Tokenization;

Console.WriteLine("Examples of pretraining: 15 % of the words to guess, 80/10/10; half of the second pieces are random; drawn, never stored.\n");

// A corpus that needs no download: articles about people of a small invented world. Every word of it is one token.
var world = new SampleWorld(seed: 1, trainArticles: 400, heldOutArticles: 10);
var tokenizer = new WordPieceTokenizer(new Vocabulary(world.Vocabulary, "sample"));
using TokenCorpus corpus = TokenCache.InMemory(world, tokenizer);
TokenSplit train = corpus[Split.Train];
Console.WriteLine($"{train.Documents} articles, {train.Sentences:N0} sentences, {train.Tokens:N0} tokens of {tokenizer.VocabularySize}\n");

var examples = new PretrainingExamples(train, new MaskingVocabulary(tokenizer), new PretrainingOptions(SequenceLength: 48), "the sample");
EpochPlan plan = examples.Plan(epoch: 0);
var batch = new PretrainingBatch(maxSequences: 1, sequenceLength: 48);
for (int i = 0; i < 3; i++)
{
    examples.Fill(plan, i, 1, batch);
    string[] shown = [.. batch.Ids.ToArray().Select(tokenizer.TokenOf)];
    for (int m = 0; m < batch.MaskedTokens; m++)
    {
        ref string at = ref shown[batch.MaskedPositions[m]];
        string was = tokenizer.TokenOf(batch.MaskedLabels[m]);
        at = at == "[MASK]" ? $"[{was}?]" : at == was ? $"[{was}]" : $"[{at}, was {was}]";
    }
    Console.WriteLine($"{(batch.NextSentenceLabels[0] == 0 ? "follows" : "random ")}  {string.Join(' ', shown)}");
}
Console.WriteLine("\n  [word?] is hidden, [other, was word] replaced, [word] left as it was: all three are to be guessed\n");

// A whole epoch, counted.
int tokens = 0, guessed = 0, hidden = 0, replaced = 0, left = 0, random = 0;
var fresh = new PretrainingBatch(1, 48);
for (int i = 0; i < plan.Count; i++)
{
    examples.Fill(plan, i, 1, batch);
    tokens += batch.Tokens;
    guessed += batch.MaskedTokens;
    random += batch.NextSentenceLabels[0];
    for (int m = 0; m < batch.MaskedTokens; m++)
    {
        int now = batch.Ids[batch.MaskedPositions[m]], was = batch.MaskedLabels[m];
        (hidden, replaced, left) = now == tokenizer.Special.Mask ? (hidden + 1, replaced, left)
            : now != was ? (hidden, replaced + 1, left) : (hidden, replaced, left + 1);
    }
}
Console.WriteLine($"of {tokens:N0} tokens of {plan.Count:N0} examples {Share(guessed, tokens)} are to be guessed; of these");
Console.WriteLine($"{Share(hidden, guessed)} are hidden, {Share(replaced, guessed)} replaced, {Share(left, guessed)} left; {Share(random, plan.Count)} of the second pieces are random");
Claim("15 % to guess", Near(guessed, tokens, 0.15));
Claim("80 %, 10 %, 10 %", Near(hidden, guessed, 0.8) && Near(replaced, guessed, 0.1) && Near(left, guessed, 0.1));
Claim("half of the second pieces are random", Near(random, plan.Count, 0.5, spread: 0.05));

// Drawn again: another object, the same epoch and number. And another epoch: other pairs, other words hidden.
var again = new PretrainingExamples(train, new MaskingVocabulary(tokenizer), new PretrainingOptions(SequenceLength: 48), "the sample");
EpochPlan samePlan = again.Plan(0), nextPlan = again.Plan(1);
bool same = true, differs = false;
for (int i = 0; i < 50; i++)
{
    examples.Fill(plan, i, 1, batch);
    again.Fill(samePlan, i, 1, fresh);
    same &= batch.Ids.SequenceEqual(fresh.Ids) && batch.MaskedLabels.SequenceEqual(fresh.MaskedLabels);
    again.Fill(nextPlan, i, 1, fresh);
    differs |= !batch.Ids.SequenceEqual(fresh.Ids);
}
Claim("example 0 to 49 of epoch 0 are the same in every run", same);
Claim("those of epoch 1 are others", differs);

// What guessing costs who looks at nothing: the mean of −log of each word's frequency. A model has to get below this.
double unigram = new UnigramBaseline(train, examples.Vocabulary).MaskedLoss(examples, plan);
Console.WriteLine($"\nperplexity of guessing by frequency alone: exp {unigram:F3} = {Math.Exp(unigram):F0}, of {tokenizer.VocabularySize} words");
Claim("it is far below the number of words", Math.Exp(unigram) < 0.5 * tokenizer.VocabularySize);

Console.WriteLine("""

    Question: why is a word to be guessed that was left as it is? What would the model learn of words without [MASK] otherwise?
    Try: MaskProbability: 0.4 in the options. Which of the sentences above could you still fill in?
    """);

static string Share(int part, int whole) => $"{100.0 * part / whole:F1} %";

static bool Near(int part, int whole, double share, double spread = 0.015) => Math.Abs((double)part / whole - share) <= spread;

static void Claim(string what, bool holds) =>
    Console.WriteLine($"  it {(holds ? "holds" : $"does NOT hold (exit code {Environment.ExitCode = 1})")}: {what}");
