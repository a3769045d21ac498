namespace BareBert.Bert.Training;

/// <summary>The means of the steps since the last "train" line, and a smoothed speed for the progress bar.</summary>
internal sealed class TrainAverages
{
    // A new step's weight in the smoothed speed.
    private const double Smoothing = 0.1;

    private readonly List<(string Name, double Sum)> _losses = [];
    private double _gradientNorm, _seconds, _smoothTokens, _smoothSeconds;
    private long _tokens;
    private int _steps;

    public double LastLoss { get; private set; } = double.NaN;

    public double LastLearningRate { get; private set; }

    public double TokensPerSecond => _smoothSeconds > 0 ? _smoothTokens / _smoothSeconds : 0;

    public double SecondsPerStep => _smoothSeconds;

    /// <summary>A step was taken.</summary>
    public void Took(double learningRate, int tokens, double seconds)
    {
        LastLearningRate = learningRate;
        double weight = _smoothSeconds == 0 ? 1 : Smoothing;
        _smoothTokens += weight * (tokens - _smoothTokens);
        _smoothSeconds += weight * (seconds - _smoothSeconds);
        (_tokens, _seconds) = (_tokens + tokens, _seconds + seconds);
    }

    /// <summary>The figures of one of the steps taken.</summary>
    public void Add(IReadOnlyList<Metric> losses, double gradientNorm)
    {
        LastLoss = losses[0].Value;
        for (int i = 0; i < losses.Count; i++)
        {
            if (i == _losses.Count)
                _losses.Add((losses[i].Name, 0));
            _losses[i] = (losses[i].Name, _losses[i].Sum + losses[i].Value);
        }
        _gradientNorm += gradientNorm;
        _steps++;
    }

    /// <summary>The means, then starts anew.</summary>
    public IReadOnlyList<Metric> Take()
    {
        List<Metric> metrics = [.. _losses.Select(l => new Metric(l.Name, l.Sum / _steps))];
        metrics.Add(new Metric("lr", LastLearningRate));
        metrics.Add(new Metric("grad_norm", _gradientNorm / _steps));
        metrics.Add(new Metric("tokens_per_s", Math.Round(_tokens / _seconds)));
        _losses.Clear();
        (_gradientNorm, _tokens, _seconds, _steps) = (0, 0, 0, 0);
        return metrics;
    }
}
