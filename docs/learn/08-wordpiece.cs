// WordPiece, trained on a page of text
//
// Seen here: how a vocabulary grows from letters, a most frequent pair at a time, in thirty lines; that the library's trainer, which
// counts a corpus of any size, makes the same one; and how words that were never seen are spelled with the pieces of those that were.
#:project ../../src/Bert/BareBert.Bert.csproj
using BareBert.Bert.Tokenization;

Console.WriteLine("A vocabulary grows from letters to words on one page; the library's trainer makes the same; unseen words are spelled with it.\n");

const string Page = """
    The keeper climbed the tower at dusk. He carried a lantern and a can of oil, and he counted the steps, as he had counted them on
    every evening of eleven winters. There were one hundred and forty steps. On the landing he rested and listened to the wind.
    Below him the harbour was emptying. The fishing boats had gone out with the tide, and the last of the walkers were walking home
    along the wall. A dog barked, and another dog answered it. The keeper lit the lamp and waited until the flame was steady. Then he
    wound the clockwork, and the great lens began to turn. Its beam went out over the water, over the boats and the fishers in them,
    and over the rocks that no fisher ever forgot. The lamp burned through the night. In the morning the fishers came home, tired and
    talking, and the keeper, tired and silent, climbed down the one hundred and forty steps, carrying his lantern and his empty can.
    He had never gone out in a boat. He had never wanted to. He wanted the lamp to burn, the lens to turn, and the boats to come home.
    """;
const int Size = 120;

// Words and how often each occurs, as letters: the first as it is, the others marked as going on, ##.
Dictionary<string, int> counts = Page.ToLowerInvariant().Split([' ', '\n', ',', '.'], StringSplitOptions.RemoveEmptyEntries).CountBy(word => word).ToDictionary();
counts[","] = Page.Count(c => c == ',');
counts["."] = Page.Count(c => c == '.');
List<(List<string> Pieces, int Count)> words = [.. counts.Select(word => (word.Key.Select((c, i) => i == 0 ? $"{c}" : $"##{c}").ToList(), word.Value))];
string[] letters = [.. counts.Keys.SelectMany(word => word).Distinct().Order().Select(c => $"{c}")];
bool IsInWords(string letter) => words.Exists(word => word.Pieces.Count > 1 && word.Pieces.Exists(piece => piece.EndsWith(letter, StringComparison.Ordinal)));
List<string> vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", .. letters, .. letters.Where(IsInWords).Select(letter => "##" + letter)];
int atFirst = vocabulary.Count;

// Again and again: the pair of neighbours that occurs most often becomes one piece; among equals the pair of older pieces.
while (vocabulary.Count < Size)
{
    var pairs = new Dictionary<(string Left, string Right), int>();
    foreach ((List<string> pieces, int count) in words)
    {
        for (int i = 1; i < pieces.Count; i++)
            pairs[(pieces[i - 1], pieces[i])] = pairs.GetValueOrDefault((pieces[i - 1], pieces[i])) + count;
    }
    (string left, string right) = pairs.MaxBy(pair => (pair.Value, -vocabulary.IndexOf(pair.Key.Left), -vocabulary.IndexOf(pair.Key.Right))).Key;
    vocabulary.Add(left + right[2..]);
    foreach ((List<string> pieces, _) in words)
    {
        for (int i = 1; i < pieces.Count; i++)
        {
            if (pieces[i - 1] != left || pieces[i] != right)
                continue;
            pieces[i - 1] = vocabulary[^1];
            pieces.RemoveAt(i);
        }
    }
}
Console.WriteLine($"{atFirst} entries to begin with; then, in order:\n  {string.Join(' ', vocabulary.Skip(atFirst).Take(24))} …");
Claim("the commonest word is whole", vocabulary.Contains("the"));
Claim("words that occur together share pieces", vocabulary.Contains("##er") && vocabulary.Contains("##ing"));

// The library's trainer goes by the same rule, and keeps the pairs' counts up to date instead of counting again.
Vocabulary trained = new WordPieceTrainer(new WordPieceTrainerOptions(Size)).Train(Page.Split('\n'));
Claim("the library's trainer makes the same vocabulary", trained.Tokens.SequenceEqual(vocabulary));

// Spelling a word: the longest entry that it begins with, then the longest that goes on, and so on.
var tokenizer = new WordPieceTokenizer(trained);
foreach (string word in (string[])["keeper", "walkers", "lighthouse", "fishing", "Harbouring", "naïve", "zoo"])
{
    string[] pieces = tokenizer.TokenizeToStrings(word);
    Console.WriteLine($"  {word,-12} {string.Join(' ', pieces)}");
    if (!pieces.SequenceEqual(Spell(word)))
        throw new InvalidOperationException($"{word} should be {string.Join(' ', Spell(word))}");
}
Claim("each is spelled by the longest entries, from left to right; z was on no page", tokenizer.TokenizeToStrings("zoo") is ["[UNK]"]);

// Every piece knows where it stood in the text that was given, so an answer can be cut from it as it was written.
const string Text = "The fishers, WAITING.";
PieceList found = tokenizer.Tokenize(Text);
string[] cut = [.. Enumerable.Range(0, found.Count).Select(i => Text[found.Starts[i]..found.Ends[i]])];
Console.WriteLine($"\n\"{Text}\" is {string.Join('|', cut)}");
Claim("the pieces, put together, are the text without its spaces", string.Concat(cut) == Text.Replace(" ", ""));

Console.WriteLine("""

    Question: with 30,000 entries nearly every word of a newspaper is whole. Why not stop at words, and why not at letters?
    Try: take the pair with the highest count(ab)/(count(a)·count(b)) instead. Which pieces come first now, and what are they good for?
    """);

string[] Spell(string word)
{
    string rest = word.ToLowerInvariant().Replace('ï', 'i');
    var pieces = new List<string>();
    while (rest.Length > 0)
    {
        string mark = pieces.Count == 0 ? "" : "##";
        int length = Enumerable.Range(1, rest.Length).LastOrDefault(n => vocabulary.Contains(mark + rest[..n]));
        if (length == 0)
            return ["[UNK]"];
        pieces.Add(mark + rest[..length]);
        rest = rest[length..];
    }
    return [.. pieces];
}

static void Claim(string what, bool holds) =>
    Console.WriteLine($"  it {(holds ? "holds" : $"does NOT hold (exit code {Environment.ExitCode = 1})")}: {what}");
