using System.CommandLine;
using System.CommandLine.Help;
using BareBert.Cli.Display;
using BareBert.Cli.Sweeps;
using BareBert.Cli.Verbs;

namespace BareBert.Cli;

/// <summary>The exit codes that scripts can rely on.</summary>
public static class ExitCodes
{
    /// <summary>Done.</summary>
    public const int Success = 0;

    /// <summary>It failed while running.</summary>
    public const int Failure = 1;

    /// <summary>Wrong usage or wrong input.</summary>
    public const int Usage = 2;

    /// <summary>Ctrl-C; what was under way is saved.</summary>
    public const int Interrupted = 130;
}

/// <summary>Takes the command line apart, runs a verb, and turns whatever goes wrong into one line and an exit code.</summary>
public static class CommandLine
{
    /// <summary>Runs a command line.</summary>
    /// <param name="args">Without the program's name.</param>
    /// <returns>One of <see cref="ExitCodes"/>.</returns>
    public static int Run(string[] args)
    {
        Processes.PrepareConsole(args);
        bool verbose = args.Contains("--verbose");
        string[] expanded = args;
        using var processes = new Processes(args, verbose);
        using var console = new GuardedConsole();
        try
        {
            processes.Join(args);
            RootCommand root = Root(args);
            expanded = OptionSources.Expand(root, args);
            SweepPlan? sweep = SweepArguments.Find(root, expanded, processes.Group.Size);
            using var interrupts = new Interrupts();
            return sweep is null ? Invoke(root, expanded, interrupts.Token)
                : new SweepRunner(sweep, run => Invoke(Root(run), run, interrupts.Token)).Run(expanded.Contains("--json"), expanded.Contains("--quiet"));
        }
        catch (Exception e)
        {
            return Report(processes.Common(e), verbose, message => OptionSources.WithSource(message, args, expanded));
        }
    }

    /// <summary>What a command line asks for: its first word; null: there is none.</summary>
    internal static string? VerbOf(string[] args) => args.FirstOrDefault(arg => !arg.StartsWith('-'));

    /// <summary>All verbs.</summary>
    internal static readonly Verb[] Verbs =
    [
        new("pretrain", PretrainVerb.Help, PretrainVerb.Create),
        new("finetune", FinetuneVerb.Help, FinetuneVerb.Create),
        new("evaluate", EvaluateVerb.Help, EvaluateVerb.Create),
        new("predict", PredictVerb.Help, PredictVerb.Create, "text"),
        new("embed", EmbedVerb.Help, EmbedVerb.Create, "text"),
        new("similarity", SimilarityVerb.Help, SimilarityVerb.Create, "text"),
        new("merge", MergeVerb.Help, MergeVerb.Create),
        new("import", ImportVerb.Help, ImportVerb.Create, "file"),
        new("export", ExportVerb.Help, ExportVerb.Create),
        new("pull", PullVerb.Help, PullVerb.Create, "name"),
        new("push", PushVerb.Help, PushVerb.Create, "model", "name"),
        new("fill-mask", FillMaskVerb.Help, FillMaskVerb.Create, "text"),
        new("explain", ExplainVerb.Help, ExplainVerb.Create, "text"),
        new("tokenize", TokenizeVerb.Help, TokenizeVerb.Create, "text"),
        new("info", InfoVerb.Help, InfoVerb.Create),
        new("watch", WatchVerb.Help, WatchVerb.Create, "DIR"),
        new("doctor", DoctorVerb.Help, DoctorVerb.Create),
    ];

    /// <summary>All verbs with all their options.</summary>
    public static RootCommand Root() => Of(Verbs.Select(verb => verb.Create()));

    /// <summary>The verbs that a command line needs: to make the options of all takes longer than to look something up.</summary>
    /// <param name="args">The command line. Where it begins with no verb, as for the help, all are there, but those that it does not name can only be listed.</param>
    private static RootCommand Root(string[] args)
    {
        // What completes a line ([suggest:12] "predict --m") has it in one piece, in which any verb may be.
        if (args is [var first, ..] && first.StartsWith("[suggest", StringComparison.Ordinal))
            return Root();
        string? asked = VerbOf(args);
        Verb? named = Array.Find(Verbs, verb => verb.Name == asked);
        return Of(named is not null ? [named.Create()] : Verbs.Select(verb => args.Contains(verb.Name) ? verb.Create() : verb.Outline()));
    }

    private static RootCommand Of(IEnumerable<Command> verbs)
    {
        var root = new RootCommand("BERT from the bare metal up: pretrain, fine-tune and use BERT models on this machine.");
        foreach (Command verb in verbs)
            root.Add(verb);
        root.Options.Add(CommonOptions.Verbose);
        return root;
    }

    private static int Invoke(RootCommand root, string[] args, CancellationToken cancel)
    {
        ParseResult parsed = UsageErrors.Parse(root, args);
        if (HubArguments.AreIn(args) && parsed.Action is not HelpAction)
            parsed = UsageErrors.Parse(root, Fetch(args, cancel));
        int code = parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, cancel).GetAwaiter().GetResult();
        if (parsed is { Action: HelpAction, CommandResult.Command: RootCommand })
            Console.WriteLine("barebert VERB --help shows a verb's options and examples.");
        return code;
    }

    // Of several processes the first one brings what is not there yet; the others find it.
    private static string[] Fetch(string[] args, CancellationToken cancel)
    {
        if (Processes.Current is not { Group.Size: > 1 } processes)
            return HubArguments.Fetch(args, cancel);
        processes.Meet();
        string[] fetched = args;
        foreach (bool isFirst in new[] { true, false })
        {
            processes.Group.Turn(rank => rank == 0 == isFirst, () =>
            {
                fetched = HubArguments.Fetch(args, cancel);
                return "";
            });
        }
        return fetched;
    }

    private static int Report(Exception e, bool verbose, Func<string, string> withSource)
    {
        (string message, int code) = e switch
        {
            InputException => (e.Message, ExitCodes.Usage),
            RunException => (e.Message, ExitCodes.Failure),
            OperationCanceledException => ("interrupted", ExitCodes.Interrupted),
            OutOfMemoryException => ("out of memory; use a smaller --batch-size or --model", ExitCodes.Failure),
            _ => ($"unexpected: {e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")}; run again with --verbose for the details", ExitCodes.Failure),
        };
        message = withSource(SettingNames.WithFlags(message));
        Processes.Current!.End(e, verbose ? $"{message}\n{e}" : message, code);
        return code;
    }
}
