using System.CommandLine;
using BareBert.Cli.Verbs;

namespace BareBert.Cli.Sweeps;

/// <summary>
/// Finds a sweep on a command line: options of a training that are a number or a choice, and are given several values,
/// as in <c>--seed 1..3 --lr 1e-4,3e-4</c>, or a list in a file of options.
/// </summary>
internal static class SweepArguments
{
    private const string Out = "--out", Overwrite = "--overwrite", Resume = "--resume", Folds = "--k-fold", Fold = "fold";

    /// <summary>How runs are shown is the sweep's matter.</summary>
    private static readonly string[] Shown = ["--json", "--quiet"];

    /// <summary>The sweep; null where there is none, and the command line is an ordinary one.</summary>
    /// <param name="root">The verbs.</param>
    /// <param name="args">The command line, options of files among it.</param>
    /// <param name="processes">How many there are.</param>
    /// <exception cref="InputException">Its values or its folder are wrong, or there are several processes.</exception>
    public static SweepPlan? Find(RootCommand root, string[] args, int processes)
    {
        Command? verb = root.Subcommands.FirstOrDefault(c => args.Length > 0 && c.Name == args[0]);
        if (verb is null || verb.Options.All(o => o.Name != Resume) || args.Any(a => a is "--help" or "-h" or "-?"))
            return null;
        return Of(verb, args, processes);
    }

    // By itself because most command lines end before it: what is not called is not compiled.
    private static SweepPlan? Of(Command verb, string[] args, int processes)
    {
        if (ValueOf(args, Resume) is { } resumed && SweepPlan.IsIn(resumed))
        {
            RequireOne(processes);
            return Resumed(args, resumed);
        }
        var grid = new List<KeyValuePair<string, IReadOnlyList<string>>>();
        List<string> common = [];
        foreach ((string arg, string? value) in Split(verb, args))
        {
            if (value is null)
            {
                common.Add(arg);
                continue;
            }
            int known = grid.FindIndex(o => o.Key == arg[2..]);
            if (known < 0)
                grid.Add(KeyValuePair.Create(arg[2..], SweepGrid.ValuesOf(arg, value)));
            else
                grid[known] = KeyValuePair.Create(arg[2..], (IReadOnlyList<string>)[.. grid[known].Value, .. SweepGrid.ValuesOf(arg, value)]);
        }
        common.AddRange(grid.Where(o => o.Value.Count == 1).SelectMany(o => new[] { "--" + o.Key, o.Value[0] }));
        grid.RemoveAll(o => o.Value.Count == 1);
        // All folds, unless one is named.
        if (ValueOf([.. common], Folds) is { } folds && int.TryParse(folds, out int count) && count >= 2 && ValueOf([.. common], "--" + Fold) is null && grid.All(o => o.Key != Fold))
            grid.Add(KeyValuePair.Create(Fold, SweepGrid.ValuesOf(Folds, $"1..{count}")));
        if (grid.Count == 0)
            return null;
        RequireOne(processes);
        return New(verb, common, grid);
    }

    private static void RequireOne(int processes)
    {
        if (processes > 1)
            throw new InputException("a sweep is done by one process, run after run: start it without the launcher, or give one value for each option");
    }

    private static SweepPlan New(Command verb, List<string> common, List<KeyValuePair<string, IReadOnlyList<string>>> grid)
    {
        if (ValueOf([.. common], Resume) is { } resumed)
            throw new InputException($"--{grid[0].Key} cannot be changed when a run is resumed, to several values least of all: {resumed}; start a new sweep");
        string folder = ValueOf([.. common], Out) ?? Free();
        bool overwrites = common.Contains(Overwrite);
        RequireRoom(verb, folder, overwrites);
        string[] arguments = [.. Without(common, Out, takesValue: true).Where(a => !Shown.Contains(a))];
        var plan = new SweepPlan(folder, arguments, grid);
        // All of them are looked at before the first one begins.
        foreach (SweepRun run in plan.Runs)
        {
            string[] once = plan.ArgumentsOf(run);
            ParseResult parsed = UsageErrors.Parse(CommandLine.Root(), overwrites && !once.Contains(Overwrite) ? [.. once, Overwrite] : once);
            ((TrainingCommand)parsed.CommandResult.Command).Require(parsed);
        }
        plan = plan.Replacing();
        plan.Write();
        return plan;
    }

    // The folder is new or empty, or holds a sweep that is to be replaced.
    private static void RequireRoom(Command verb, string folder, bool overwrites)
    {
        if (!Directory.Exists(folder) || !Directory.EnumerateFileSystemEntries(folder).Any())
            return;
        if (!SweepPlan.IsIn(folder))
            throw new InputException($"there is something already, and no sweep: {folder}; nothing in it is overwritten: give another --out");
        if (!overwrites)
            throw new InputException($"there is something already: {folder}; go on with it: barebert {verb.Name} --resume {folder}, or give another --out, or --overwrite");
    }

    private static SweepPlan Resumed(string[] args, string folder)
    {
        string[] rest = [.. Without([.. args], Resume, takesValue: true).Skip(1).Where(a => !Shown.Contains(a) && a != "--verbose")];
        return rest.Length == 0 ? SweepPlan.Read(folder)
            : throw new InputException($"{rest[0]} cannot be changed when a sweep goes on: {folder}; leave it out, or start a new one");
    }

    // Options that can vary with their values, and all else as it stands.
    private static IEnumerable<(string Arg, string? Value)> Split(Command verb, string[] args)
    {
        for (int i = 0; i < args.Length; i++)
        {
            string[] joined = args[i].Split('=', 2);
            Option? option = verb.Options.FirstOrDefault(o => o.Name == joined[0] || o.Aliases.Contains(joined[0]));
            if (option is null || !CanVary(option) || (joined.Length == 1 && i + 1 == args.Length))
                yield return (args[i], null);
            else
                yield return (option.Name, joined.Length == 2 ? joined[1] : args[++i]);
        }
    }

    private static bool CanVary(Option option)
    {
        Type type = Nullable.GetUnderlyingType(option.ValueType) ?? option.ValueType;
        return option is VaryingText || type == typeof(int) || type == typeof(long) || type == typeof(ulong) || type == typeof(double) || (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Choice<>));
    }

    private static string[] Without(List<string> args, string flag, bool takesValue)
    {
        var rest = new List<string>();
        for (int i = 0; i < args.Count; i++)
        {
            if (args[i] == flag)
                i += takesValue ? 1 : 0;
            else if (!args[i].StartsWith(flag + "=", StringComparison.Ordinal))
                rest.Add(args[i]);
        }
        return [.. rest];
    }

    private static string? ValueOf(string[] args, string flag)
    {
        int at = Array.IndexOf(args, flag);
        return at >= 0 && at + 1 < args.Length ? args[at + 1] : args.FirstOrDefault(a => a.StartsWith(flag + "=", StringComparison.Ordinal))?[(flag.Length + 1)..];
    }

    private static string Free() => Enumerable.Range(1, int.MaxValue).Select(i => Path.Combine("runs", $"sweep-{i}")).First(path => !Path.Exists(path));
}
