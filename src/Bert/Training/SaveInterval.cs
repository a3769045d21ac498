using System.Globalization;

namespace BareBert.Bert.Training;

/// <summary>How often a run is saved besides after every epoch: each so many steps, or each time so much time has passed; the default value: not at all.</summary>
public readonly record struct SaveInterval
{
    /// <summary>Steps between checkpoints; 0: steps do not matter.</summary>
    public int Steps { get; private init; }

    /// <summary>Time between checkpoints; zero: time does not matter.</summary>
    public TimeSpan Time { get; private init; }

    /// <summary>Each so many steps; 0: not at all.</summary>
    /// <exception cref="InputException">It is negative.</exception>
    public static SaveInterval EverySteps(int steps) =>
        steps >= 0 ? new SaveInterval { Steps = steps } : throw new InputException($"`{nameof(TrainingOptions.SaveEvery)}` {steps} is out of range: give 0 or more steps");

    /// <summary>Each time so much time has passed.</summary>
    /// <exception cref="InputException">It is no time.</exception>
    public static SaveInterval Every(TimeSpan time) =>
        time > TimeSpan.Zero ? new SaveInterval { Time = time } : throw new InputException($"`{nameof(TrainingOptions.SaveEvery)}` {time} is no length of time: give a positive one");

    /// <summary>Steps.</summary>
    public static implicit operator SaveInterval(int steps) => EverySteps(steps);

    /// <summary>Reads "500", steps, or "5m", "90s", "1h30m".</summary>
    /// <exception cref="InputException">It is neither.</exception>
    public static SaveInterval Parse(string option, string text)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int steps))
            return EverySteps(steps);
        try
        {
            if (text.Length > 0 && char.IsAsciiLetter(text[^1]))
                return Every(Durations.Parse(option, text));
        }
        catch (InputException)
        {
        }
        throw new InputException($"{option} {text.ReplaceLineEndings(" ")} is neither a number of steps nor a length of time: write it as 500, 90s, 5m or 1h30m, or 0 for none");
    }

    /// <summary>As <see cref="Parse"/> reads it.</summary>
    public override string ToString() => Time > TimeSpan.Zero ? Durations.Write(Time) : Steps.ToString(CultureInfo.InvariantCulture);
}
