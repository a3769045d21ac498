using System.Diagnostics;
using BareBert.Kernels;

namespace BareBert.Bench;

/// <summary>
/// A model as it is used: the time that one sentence takes, and tokens a second of many, beside other libraries with -p:Peers=true. Libraries take turns, round by round, so that
/// whatever else the machine does is the same for all.
/// </summary>
internal static partial class InferenceTable
{
    private const int UsualRounds = 5, Alone = 100, Together = 500, Long = 32, LongTokens = 256;

    // By how much of its length a vector may differ: what other rounding, and what 8 bits make of it.
    private const double Tolerance = 1e-3, Int8Tolerance = 0.3;

    public static int Run(string[] args)
    {
        if (args is not [string model, string data, .. var rest])
        {
            Console.WriteLine("inference: give a sentence model's folder, texts as fine-tuning reads them, and if you like a number of rounds: -- inference all-MiniLM-L6-v2/ sst/trees 5");
            return 0;
        }
        SequenceEncoder encoder = new(TokenizerFactory.Load(ModelFolder.Open(model).TokenizerPath), new SequenceOptions(LongTokens));
        string[] sentences = [.. ClassificationData.Read(data, sstPhrases: false).Train.Examples.Take(Together).Select(example => example.Text)];
        InferenceTexts together = InferenceTexts.Of(sentences, encoder), reviews = InferenceTexts.Of(Reviews(sentences), encoder);
        InferenceTexts[] alone = [.. sentences.Take(Alone).Select(sentence => InferenceTexts.Of([sentence], encoder))];
        List<IInferenceRunner> runners = [new BareBertRunner(model, LongTokens, int8: false), new BareBertRunner(model, LongTokens, int8: true)];
        AddPeers(runners, model);
        try
        {
            Check(runners, alone[0]);
            Check(runners, reviews);
            Print(runners, alone, together, reviews, rest is [string given] && int.TryParse(given, out int rounds) && rounds > 0 ? rounds : UsualRounds);
        }
        finally
        {
            foreach (IInferenceRunner runner in runners)
                runner.Dispose();
        }
        return 0;
    }

    static partial void AddPeers(List<IInferenceRunner> runners, string model);

    // As many sentences as fill a long text each, and more: what is over is cut.
    private static IEnumerable<string> Reviews(string[] sentences) =>
        Enumerable.Range(0, Long).Select(i => string.Join(' ', Enumerable.Range(0, LongTokens / 4).Select(j => sentences[(i * 7 + j) % sentences.Length])));

    // What all libraries make of the same texts is the same: they read the same tokens of them.
    private static void Check(List<IInferenceRunner> runners, InferenceTexts texts)
    {
        float[][] expected = runners[0].Run(texts);
        foreach (IInferenceRunner runner in runners)
        {
            double most = runner.Name.Contains("int8") ? Int8Tolerance : Tolerance;
            double error = runner.Run(texts).Zip(expected, (vector, ours) => Length(vector.Zip(ours, (a, b) => a - b)) / Length(ours)).Max();
            if (!(error <= most))
                throw new RunException($"{runner.Name}: a vector of {texts.Texts.Length} texts is {error:G3} of its length away from ours");
        }
    }

    private static double Length(IEnumerable<float> vector) => Math.Sqrt(vector.Sum(x => (double)x * x));

    private static void Print(List<IInferenceRunner> runners, InferenceTexts[] alone, InferenceTexts together, InferenceTexts reviews, int rounds)
    {
        var latencies = runners.ConvertAll(_ => new List<double>());
        var many = runners.ConvertAll(_ => new List<double>());
        var longer = runners.ConvertAll(_ => new List<double>());
        for (int round = -1; round < rounds; round++) // the first is for warming up
        {
            for (int i = 0; i < runners.Count; i++)
            {
                Quiet.Wait();
                double[] each = [.. alone.Select(text => Seconds(runners[i], text))];
                double all = Seconds(runners[i], together), large = Seconds(runners[i], reviews);
                if (round < 0)
                    continue;
                latencies[i].AddRange(each);
                many[i].Add(together.Tokens / all);
                longer[i].Add(reviews.Tokens / large);
            }
        }
        Console.WriteLine($"one sentence: {Alone} of {alone.Average(text => text.Tokens):F1} tokens, each alone, in ms; {Together} of {(double)together.Tokens / Together:F1} tokens and {Long} of {reviews.Tokens / Long}: tokens/s, median of {rounds} rounds");
        Console.WriteLine($"{"",-24}{"p50",9}{"p99",9}{$"{Together} short",14}{$"{Long} long",14}");
        for (int i = 0; i < runners.Count; i++)
            Console.WriteLine($"{runners[i].Name,-24}{1e3 * At(latencies[i], 0.5),9:F2}{1e3 * At(latencies[i], 0.99),9:F2}{At(many[i], 0.5),14:N0}{At(longer[i], 0.5),14:N0}");
    }

    private static double Seconds(IInferenceRunner runner, InferenceTexts texts)
    {
        long start = Stopwatch.GetTimestamp();
        runner.Run(texts);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static double At(List<double> values, double share)
    {
        values.Sort();
        return values[(int)Math.Round(share * (values.Count - 1))];
    }
}
