using System.Text.RegularExpressions;
using BareBert.Bert.Exchange.Hub;
using BareBert.Bert.Explanations;
using BareBert.Watch;

namespace BareBert.Cli;

/// <summary>
/// The library's messages name a setting by the property that holds it, between backticks; the program's user knows the flag.
/// </summary>
internal static partial class SettingNames
{
    private static readonly Dictionary<string, string> Flags = Collect();

    /// <summary>A message with flags for settings: "`SequenceLength` 999 is over …" as "--seq-len 999 is over …".</summary>
    public static string WithFlags(string message) => Setting().Replace(message, match => Flags.GetValueOrDefault(match.Groups[1].Value, match.Groups[1].Value));

    /// <summary>Whether a setting has a flag.</summary>
    public static bool Knows(string setting) => Flags.ContainsKey(setting);

    private static Dictionary<string, string> Collect()
    {
        var flags = new Dictionary<string, string>
        {
            [nameof(TrainingOptions.Out)] = "--out",
            [$"{nameof(RunOpening)}.{nameof(RunOpening.Overwrite)}"] = "--overwrite",
            [$"{nameof(RunOpening)}.{nameof(RunOpening.Resume)}"] = "--resume",
            [nameof(FineTunerOptions.Task)] = "--task",
            [nameof(BertConfig.Heads)] = "--heads",
            [nameof(HubSettings.Token)] = "--token",
            [nameof(ExplainerOptions.Target)] = "--target",
            [nameof(ExplainerOptions.Points)] = "--points",
            [nameof(WatchOptions.Port)] = "--port",
            [nameof(WatchOptions.Host)] = "--host",
            [$"{nameof(OnnxPrecision)}.{nameof(OnnxPrecision.Float16)}"] = "--fp16",
            [$"{nameof(BertModel)}.{nameof(BertModel.SaveMerged)}"] = "barebert merge --model DIR --out DIR",
        };
        Type[] records = [typeof(PretrainerOptions), typeof(FineTunerOptions), typeof(InferenceOptions), .. BertTasks.FineTuned.Select(task => task.OptionsType)];
        foreach ((string property, string name) in records.SelectMany(OptionsJson.NamesOf))
            flags.TryAdd(property, "--" + name);
        return flags;
    }

    [GeneratedRegex(@"`([A-Za-z0-9.]+)`")]
    private static partial Regex Setting();
}
