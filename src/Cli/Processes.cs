using System.Text;
using BareBert.Bert.Distributed.Liveness;
using BareBert.Cli.Display;

namespace BareBert.Cli;

/// <summary>
/// The processes that a launcher started with the same command line: they train together, and the first of them speaks for all. What the others
/// would print is not shown, or with --verbose shown behind their number.
/// </summary>
internal sealed class Processes : IDisposable
{
    private static readonly string[] Training = ["pretrain", "finetune"], Several = [.. Training, "doctor"];

    private readonly TextWriter _out = Console.Out, _error = Console.Error;
    private readonly Launch? _launch;
    private GuardedGroup? _guarded;
    private bool _haveMet;

    /// <summary>Reads what a launcher said, and from then on minds who prints.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="verbose">Whether all print.</param>
    public Processes(string[] args, bool verbose)
    {
        Current = this;
        _launch = Launch.Find();
        // torchrun's variables may stand in a whole machine's environment, where people look at their runs too.
        if (_launch is { NeedsMpi: false } && !Several.Contains(CommandLine.VerbOf(args)))
            _launch = null;
        if (_launch is null)
            return;
        if (verbose)
            SetConsole(new PrefixedWriter(_out, $"[{_launch.Rank}] "), new PrefixedWriter(_error, $"[{_launch.Rank}] "));
        else if (_launch.Rank > 0)
            SetConsole(TextWriter.Null, TextWriter.Null);
    }

    /// <summary>
    /// To be called before anything looks at the console. What .NET writes to a terminal begins with a control sequence of its own, and Open MPI gives its processes a terminal whoever
    /// reads their output: of one that knows no such sequences nothing stands before the JSON.
    /// </summary>
    /// <param name="args">The command line.</param>
    public static void PrepareConsole(string[] args)
    {
        if (args.Contains("--json") && Launch.Find() is not null)
            Environment.SetEnvironmentVariable("TERM", "dumb");
    }

    /// <summary>Those of the command line that runs; null where the program's parts are used without it.</summary>
    public static Processes? Current { get; private set; }

    /// <summary>The group that trains: of this process alone, unless a launcher started more.</summary>
    public IProcessGroup Group { get; private set; } = OneProcess.Instance;

    /// <summary>Joins the others, for what several processes do together; for whatever one process does, refuses.</summary>
    /// <param name="args">The command line.</param>
    /// <exception cref="InputException">It is nothing for several processes, or there is no MPI.</exception>
    public void Join(string[] args)
    {
        if (_launch is null || CommandLine.VerbOf(args) is not { } verb || args.Any(arg => arg is "--help" or "-h" or "-?" or "--version"))
            return;
        if (Several.Contains(verb))
            Group = _guarded = new GuardedGroup(JoinLaunched(), Say, Notes.Print);
        else
            throw new InputException($"{_launch.Launcher} started {_launch.Size} processes, and {verb} is done by one: start it without; {string.Join(" and ", Training)} are done by several");
    }

    // What keeps this process from the others it has to say itself: they cannot know.
    private IProcessGroup JoinLaunched()
    {
        try
        {
            return _launch!.Join(Notes.Print);
        }
        catch (Exception e) when (!AgreedFailure.Is(e))
        {
            Console.SetError(_error);
            throw;
        }
    }

    /// <summary>Waits until all processes have read their command line: where one could not, all end as the first of these does.</summary>
    /// <param name="failure">What went wrong here; null: nothing.</param>
    public void Meet(Exception? failure = null)
    {
        if (_haveMet)
            return;
        _haveMet = true;
        Group.Turn(_ => true, () => failure is null ? "" : throw failure);
    }

    /// <summary>The failure that all processes end with, where all can be told of it.</summary>
    public Exception Common(Exception failure)
    {
        if (Group.Size == 1 || _haveMet)
            return failure;
        try
        {
            Meet(failure);
            return failure;
        }
        catch (Exception e)
        {
            return e;
        }
    }

    /// <summary>Prints how this process ended: the first says what all know; what one alone knows it says itself, and ends the others.</summary>
    /// <param name="failure">With what.</param>
    /// <param name="said">In words.</param>
    /// <param name="code">The exit code.</param>
    public void End(Exception failure, string said, int code)
    {
        if (_guarded is null || AgreedFailure.Is(failure))
            Console.Error.WriteLine($"barebert: {said}");
        else
            _guarded.Fail(code, $"process {Group.Rank} on {Environment.MachineName}: {said}");
    }

    // Of whichever process it is that speaks; a progress bar that it interrupts will not put the terminal in order any more.
    private void Say(string text)
    {
        _error.WriteLine($"{(Console.IsErrorRedirected ? "" : "\r\e[K\e[?25h")}barebert: {text}");
        _error.Flush();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Group.Dispose();
        Current = null;
        SetConsole(_out, _error);
    }

    private static void SetConsole(TextWriter output, TextWriter error)
    {
        Console.SetOut(output);
        Console.SetError(error);
    }

    /// <summary>Puts a few characters before each line.</summary>
    private sealed class PrefixedWriter(TextWriter inner, string prefix) : TextWriter
    {
        private bool _isInLine;

        public override Encoding Encoding => inner.Encoding;

        public override void Write(char value)
        {
            if (!_isInLine)
                inner.Write(prefix);
            inner.Write(value);
            _isInLine = value is not ('\n' or '\r');
        }

        public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

        // A line in one piece: others write to the same place.
        public override void Write(string? value)
        {
            if (string.IsNullOrEmpty(value))
                return;
            string marked = (_isInLine ? "" : prefix) + value[..^1].Replace("\n", "\n" + prefix, StringComparison.Ordinal) + value[^1];
            inner.Write(marked);
            _isInLine = value[^1] is not ('\n' or '\r');
        }

        public override void WriteLine(string? value) => Write(value + "\n");

        public override void Flush() => inner.Flush();
    }
}
