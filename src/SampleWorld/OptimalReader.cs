namespace BareBert.Sample;

/// <summary>Predicts masked words of the sample world as well as they can be predicted: by exact Bayesian inference.</summary>
/// <remarks>
/// Given the hero, the topics of an article are independent, and so are sentences given the hero and their topic. So the
/// probability of what is seen is a sum over heroes of a product over topics of a sum over the topic's values of a product over sentences;
/// a sentence averages its phrasings, a phrasing multiplies its words. Each of these numbers is a polynomial in the number of words that
/// differ from what was written (<see cref="MismatchPolynomial"/>), because any visible word may have been replaced
/// (<see cref="Corruption"/>). For a target, the same product without its sentence meets every way of writing that sentence.
/// </remarks>
/// <param name="grammar">What wrote the articles.</param>
/// <param name="randomWords">R, how many words a random replacement is drawn from.</param>
internal sealed class OptimalReader(Grammar grammar, int randomWords)
{
    private readonly int _heroes = grammar.Hero.Values.Count;

    /// <summary>The cross-entropy of the targets, in nats, summed.</summary>
    public double Loss(SeenText text)
    {
        double loss = 0;
        foreach (var (target, probabilities) in Predict(text))
            loss -= Math.Log(probabilities[target.Label]);
        return loss;
    }

    /// <summary>For each target the probability of every word having been written there.</summary>
    public IEnumerable<(Target Target, double[] Probabilities)> Predict(SeenText text)
    {
        int hidden = text.Articles.Sum(article => article.Sum(s => s.Words.Count(w => w == SeenSentence.Hidden)));
        int visible = text.Articles.Sum(article => article.Sum(s => s.Words.Length)) - hidden;
        int replaceable = text.Chosen - hidden;
        ArticleEvidence[] articles = [.. text.Articles.Select(a => new ArticleEvidence(this, a, replaceable + 1))];
        foreach (var sentence in text.Targets.GroupBy(t => (t.Article, t.Sentence)))
        {
            PolynomialTable elsewhere = articles[sentence.Key.Article].Without(sentence.Key.Sentence);
            for (int other = 0; other < articles.Length; other++)
            {
                if (other != sentence.Key.Article)
                    elsewhere.MultiplyAll(articles[other].Total());
            }
            foreach (Target target in sentence)
            {
                SeenSentence seen = text.Articles[target.Article][target.Sentence];
                bool isHidden = seen.Words[target.Word] == SeenSentence.Hidden;
                var corruption = isHidden
                    ? new Corruption(visible, replaceable, randomWords)
                    : new Corruption(visible - 1, replaceable - 1, randomWords);
                yield return (target, PredictWord(seen, target.Word, elsewhere, corruption));
            }
        }
    }

    private double[] PredictWord(SeenSentence seen, int word, PolynomialTable elsewhere, Corruption corruption)
    {
        var probabilities = new double[grammar.Words.Count];
        ReadPhrasings(seen, word, elsewhere.Values, elsewhere.Terms, (phrasing, hero, value, mass) =>
        {
            IReadOnlyList<Choice> choices = phrasing[seen.First + word].Choices;
            double weight = corruption.Likelihood(elsewhere[hero, value], mass) / choices.Count;
            for (int c = 0; c < choices.Count; c++)
                probabilities[WordOf(choices[c], seen.Kind, hero, value)] += weight;
        });
        SeeTarget(probabilities, seen.Words[word]);
        return probabilities;
    }

    // A target that is not [MASK] stayed or was replaced; then the probabilities are made to sum to one.
    private void SeeTarget(double[] probabilities, int seen)
    {
        double sum = 0;
        for (int w = 0; w < probabilities.Length; w++)
        {
            if (seen != SeenSentence.Hidden)
                probabilities[w] *= w == seen ? Corruption.Same(randomWords) : Corruption.Replaced(randomWords);
            sum += probabilities[w];
        }
        for (int w = 0; w < probabilities.Length; w++)
            probabilities[w] /= sum;
    }

    /// <summary>The mass, by differences, of a sentence in each of its phrasings, for every hero and every value of its topic.</summary>
    /// <param name="seen">The sentence.</param>
    /// <param name="except">A word that is not looked at, −1 for none.</param>
    /// <param name="values">Values of its topic, 1 for none.</param>
    /// <param name="terms">Coefficients of a polynomial.</param>
    /// <param name="use">Called with what is possible.</param>
    private void ReadPhrasings(SeenSentence seen, int except, int values, int terms, UseMass use)
    {
        Span<double> common = stackalloc double[terms], mass = stackalloc double[terms];
        foreach (Slot[] phrasing in seen.Kind.Phrasings)
        {
            MismatchPolynomial.SetOne(common);
            if (!See(seen, phrasing, except, fixedWords: true, 0, 0, common))
                continue;
            for (int hero = 0; hero < _heroes; hero++)
            {
                for (int value = 0; value < values; value++)
                {
                    common.CopyTo(mass);
                    if (See(seen, phrasing, except, fixedWords: false, hero, value, mass))
                        use(phrasing, hero, value, mass);
                }
            }
        }
    }

    private delegate void UseMass(Slot[] phrasing, int hero, int value, ReadOnlySpan<double> mass);

    // Looks at the words that depend on neither hero nor topic, or at those that do; false when the phrasing is impossible.
    private bool See(SeenSentence seen, Slot[] phrasing, int except, bool fixedWords, int hero, int value, Span<double> mass)
    {
        for (int i = 0; i < seen.Words.Length; i++)
        {
            Slot slot = phrasing[seen.First + i];
            if (slot.IsFixed != fixedWords || i == except || seen.Words[i] == SeenSentence.Hidden)
                continue;
            if (!MismatchPolynomial.See(mass, Probability(slot, seen, i, hero, value)))
                return false;
        }
        return true;
    }

    private double Probability(Slot slot, SeenSentence seen, int word, int hero, int value)
    {
        int matches = 0;
        for (int c = 0; c < slot.Choices.Count; c++)
            matches += WordOf(slot.Choices[c], seen.Kind, hero, value) == seen.Words[word] ? 1 : 0;
        return (double)matches / slot.Choices.Count;
    }

    private int WordOf(Choice choice, SentenceKind kind, int hero, int value) =>
        choice.Word(grammar.Hero.Values[hero], kind.Topic < 0 ? default : grammar.Topics[kind.Topic].Values[value]);

    /// <summary>The mass of a sentence for every hero and every value of its topic, phrasings averaged.</summary>
    private PolynomialTable ReadAll(SeenSentence seen, int terms)
    {
        var table = new PolynomialTable(_heroes, seen.Kind.Topic < 0 ? 1 : grammar.Topics[seen.Kind.Topic].Values.Count, terms);
        double phrasings = seen.Kind.Phrasings.Count;
        ReadPhrasings(seen, -1, table.Values, terms, (_, hero, value, mass) => MismatchPolynomial.Add(table[hero, value], 1 / phrasings, mass));
        table.Normalise();
        return table;
    }

    /// <summary>What the sentences seen of one article say about its hero and topics. Heroes, and values of a topic, are
    /// equally likely beforehand, so their priors are constants, left out.</summary>
    private sealed class ArticleEvidence
    {
        private readonly int _heroes, _terms;
        private readonly SeenSentence[] _sentences;
        private readonly PolynomialTable[] _read;
        private readonly Dictionary<int, PolynomialTable> _topics = [];

        public ArticleEvidence(OptimalReader reader, SeenSentence[] sentences, int terms)
        {
            (_heroes, _terms, _sentences) = (reader._heroes, terms, sentences);
            _read = [.. sentences.Select(s => reader.ReadAll(s, terms))];
            foreach (int topic in sentences.Select(s => s.Kind.Topic).Distinct())
                _topics[topic] = Product(topic, except: -1);
        }

        /// <summary>[heroes, values] everything but one sentence, for every value of that sentence's topic.</summary>
        public PolynomialTable Without(int sentence)
        {
            int own = _sentences[sentence].Kind.Topic;
            PolynomialTable result = Product(own, except: sentence);
            foreach (var (topic, table) in _topics)
            {
                if (topic != own)
                    result.MultiplyHeroes(table);
            }
            return result;
        }

        /// <summary>The mass of the whole article.</summary>
        public double[] Total()
        {
            var heroes = new PolynomialTable(_heroes, 1, _terms, one: true);
            foreach (PolynomialTable table in _topics.Values)
                heroes.MultiplyHeroes(table);
            return heroes.Sum();
        }

        private PolynomialTable Product(int topic, int except)
        {
            int values = _read[Array.FindIndex(_sentences, s => s.Kind.Topic == topic)].Values;
            var product = new PolynomialTable(_heroes, values, _terms, one: true);
            for (int s = 0; s < _sentences.Length; s++)
            {
                if (s != except && _sentences[s].Kind.Topic == topic)
                    product.Multiply(_read[s]);
            }
            return product;
        }
    }
}
