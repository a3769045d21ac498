namespace BareBert.Bert.Training;

/// <summary>The means of the steps since the last "train" line, and a smoothed speed for the progress bar.</summary>
/// <param name="pending">The steps of a run that goes on which were in no line yet.</param>
internal sealed class TrainAverages(PendingLine pending)
{
    // A new step's weight in the smoothed speed.
    private const double Smoothing = 0.1;

    private readonly List<(string Name, double Sum)> _losses = [.. pending.Losses.Select(loss => (loss.Key, loss.Value))];
    private double _gradientNorm = pending.GradientNorm, _seconds = pending.Seconds, _smoothTokens, _smoothSeconds;
    private long _tokens = pending.Tokens;
    private int _steps = pending.Steps;

    public double LastLoss { get; private set; } = double.NaN;

    public double LastLearningRate { get; private set; }

    public double TokensPerSecond => _smoothSeconds > 0 ? _smoothTokens / _smoothSeconds : 0;

    public double SecondsPerStep => _smoothSeconds;

    /// <summary>What the next line will hold so far.</summary>
    public PendingLine Pending => new()
    {
        Losses = _losses.ToDictionary(loss => loss.Name, loss => loss.Sum), GradientNorm = _gradientNorm, Seconds = _seconds, Tokens = _tokens, Steps = _steps,
    };

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
