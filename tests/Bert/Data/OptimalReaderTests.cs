using Xunit;

namespace BareBert.Tests;

/// <summary>Holds the exact inference against its definition: every text that the grammar can write, every set of words that can have been chosen.</summary>
public class OptimalReaderTests
{
    private const string TinyWorld = """
        words day
          noon night
        hero hero
          name he
          Ann  she
          Bob  he
          Eve  she
        topic pet
          pet sound
          dog barks
          cat purrs
          owl hoots
        topic town
          town
          Rome
          Ulm
        opening
          this is {hero}
        tell pet
          {hero|hero.he} has a {pet}
          a {pet} {animal.sound|follows} {hero}
        recall pet
          the {pet} {pet.sound} at {day}
          at {day} it {pet.sound} loudly
        tell town
          {hero|hero.he} likes {town}
        """;

    private static readonly Grammar Tiny = Grammar.Parse(TinyWorld.Replace("animal.sound", "pet.sound"));

    public static TheoryData<int, bool> Cases()
    {
        var cases = new TheoryData<int, bool>();
        for (int seed = 0; seed < 25; seed++)
        {
            cases.Add(seed, false);
            cases.Add(seed, true);
        }
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Predicts_as_the_enumeration_of_all_articles_does(int seed, bool twoArticles)
    {
        var random = new PhiloxStream(11, (uint)seed, twoArticles ? 1u : 0u);
        SentenceKind[][] layouts = twoArticles ? [Draw(1, ref random), Draw(2, ref random)] : [Draw(3, ref random)];
        SeenText text = Corrupt(layouts, ref random);
        var reader = new OptimalReader(Tiny, Tiny.Words.Count);
        foreach (var (target, probabilities) in reader.Predict(text))
        {
            double[] expected = Enumerate(text, target);
            for (int w = 0; w < expected.Length; w++)
                Assert.True(Math.Abs(expected[w] - probabilities[w]) <= 1e-12, $"{Tiny.Words[w]}: {probabilities[w]}, by enumeration {expected[w]}");
        }
    }

    private static SentenceKind[] Draw(int count, ref PhiloxStream random)
    {
        var kinds = new SentenceKind[count];
        foreach (ref SentenceKind kind in kinds.AsSpan())
            kind = Tiny.Kinds[random.NextInt(Tiny.Kinds.Count)];
        return kinds;
    }

    // Writes articles, cuts a word off some sentences, chooses a third of the words and corrupts them as masking does.
    private static SeenText Corrupt(SentenceKind[][] layouts, ref PhiloxStream random)
    {
        var articles = new List<SeenSentence[]>();
        foreach (SentenceKind[] layout in layouts)
        {
            int[][] words = new ArticleWriter(Tiny).DrawWords(layout, ref random);
            var sentences = new SeenSentence[layout.Length];
            for (int s = 0; s < sentences.Length; s++)
            {
                int cut = random.NextInt(3);
                sentences[s] = new SeenSentence(layout[s], cut == 1 ? 1 : 0, cut == 0 ? words[s] : cut == 1 ? words[s][1..] : words[s][..^1]);
            }
            articles.Add(sentences);
        }
        return Choose(articles, ref random);
    }

    private static SeenText Choose(List<SeenSentence[]> articles, ref PhiloxStream random)
    {
        var places = Places(articles).ToArray();
        random.Shuffle(places.AsSpan());
        int chosen = Math.Max(2, places.Length / 3);
        var targets = new List<Target>();
        foreach (var (a, s, w) in places[..chosen])
        {
            ref int word = ref articles[a][s].Words[w];
            targets.Add(new Target(a, s, w, word));
            int how = random.NextInt(3); // more replacements than BERT makes: the hard case
            word = how == 0 ? SeenSentence.Hidden : how == 1 ? random.NextInt(Tiny.Words.Count) : word;
        }
        return new SeenText(articles, chosen, targets);
    }

    private static IEnumerable<(int A, int S, int W)> Places(IReadOnlyList<SeenSentence[]> articles) =>
        from a in Enumerable.Range(0, articles.Count)
        from s in Enumerable.Range(0, articles[a].Length)
        from w in Enumerable.Range(0, articles[a][s].Words.Length)
        select (a, s, w);

    private static double[] Enumerate(SeenText text, Target target)
    {
        int[] seen = [.. text.Articles.SelectMany(a => a.SelectMany(s => s.Words))];
        int place = Places(text.Articles).ToList().IndexOf((target.Article, target.Sentence, target.Word));
        var mass = new double[Tiny.Words.Count];
        foreach (var (words, probability) in Writings(text.Articles))
            mass[words[place]] += probability * LikelihoodGivenChosen(words, seen, text.Chosen, place);
        double sum = mass.Sum();
        return [.. mass.Select(m => m / sum)];
    }

    /// <summary>Every way of writing all the articles, with its probability.</summary>
    private static IEnumerable<(int[] Words, double Probability)> Writings(IReadOnlyList<SeenSentence[]> articles)
    {
        IEnumerable<(int[] Words, double Probability)> all = [([], 1.0)];
        foreach (SeenSentence[] article in articles)
        {
            (int[] Words, double Probability)[] one = [.. WritingsOf(article)];
            all = [.. from before in all from next in one select ((int[])[.. before.Words, .. next.Words], before.Probability * next.Probability)];
        }
        return all;
    }

    private static IEnumerable<(int[] Words, double Probability)> WritingsOf(SeenSentence[] article) =>
        from hero in Tiny.Hero.Values
        from pet in Tiny.Topics[0].Values
        from town in Tiny.Topics[1].Values
        from writing in article.Aggregate(
            (IEnumerable<(int[] Words, double Probability)>)[([], 1.0)],
            (before, sentence) => [.. from b in before from next in WritingsOf(sentence, hero, [pet, town]) select ((int[])[.. b.Words, .. next.Words], b.Probability * next.Probability)])
        select writing;

    private static IEnumerable<(int[] Words, double Probability)> WritingsOf(SeenSentence sentence, int[] hero, int[][] topics)
    {
        int[] topic = sentence.Kind.Topic < 0 ? [] : topics[sentence.Kind.Topic];
        return from phrasing in sentence.Kind.Phrasings
               from writing in phrasing[sentence.First..(sentence.First + sentence.Words.Length)].Aggregate(
                   (IEnumerable<(int[] Words, double Probability)>)[([], 1.0 / sentence.Kind.Phrasings.Count)],
                   (before, slot) => [.. from b in before from choice in slot.Choices select ((int[])[.. b.Words, choice.Word(hero, topic)], b.Probability / slot.Choices.Count)])
               select writing;
    }

    // The probability that a set of K words with the target among them was chosen and what is seen came out.
    private static double LikelihoodGivenChosen(int[] written, int[] seen, int chosen, int target)
    {
        double sum = 0;
        for (uint set = 0; set < 1u << written.Length; set++)
        {
            if (System.Numerics.BitOperations.PopCount(set) != chosen || (set >> target & 1) == 0)
                continue;
            double p = 1;
            for (int i = 0; i < written.Length && p > 0; i++)
                p *= (set >> i & 1) == 1 ? IfChosen(written[i], seen[i]) : written[i] == seen[i] ? 1 : 0;
            sum += p;
        }
        return sum;
    }

    private static double IfChosen(int written, int seen) =>
        seen == SeenSentence.Hidden ? 0.8 : 0.1 / Tiny.Words.Count + (written == seen ? 0.1 : 0);
}
