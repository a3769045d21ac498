using System.Text;

namespace BareBert.Cli.Display;

/// <summary>
/// stdout and stderr while a command line runs. Words that nobody can take end nothing: a full disk or a closed terminal behind stderr is
/// passed over. stdout carries results, so there it is an error, but for a training, whose result is in its folder.
/// </summary>
internal sealed class GuardedConsole : IDisposable
{
    private readonly TextWriter _out = Console.Out, _error = Console.Error;
    private readonly GuardedWriter _guardedOut;

    public GuardedConsole()
    {
        _guardedOut = new GuardedWriter(_out);
        Console.SetOut(_guardedOut);
        Console.SetError(new GuardedWriter(_error) { IsLenient = true });
        Current = this;
    }

    /// <summary>The one that is in place; null where the program's parts are used without its command line.</summary>
    public static GuardedConsole? Current { get; private set; }

    /// <summary>From now on what stdout does not take is passed over too.</summary>
    public void GoOnWithoutOutput() => _guardedOut.IsLenient = true;

    /// <summary>What stdout did not take, if so.</summary>
    public IOException? Failure => _guardedOut.Failure;

    /// <inheritdoc/>
    public void Dispose()
    {
        Current = null;
        Console.SetOut(_out);
        Console.SetError(_error);
    }

    /// <summary>Hands on what another writer takes.</summary>
    private sealed class GuardedWriter(TextWriter inner) : TextWriter
    {
        public bool IsLenient { get; set; }

        public IOException? Failure { get; private set; }

        public override Encoding Encoding => inner.Encoding;

        public override void Write(char value) => Try(() => inner.Write(value));

        public override void Write(char[] buffer, int index, int count) => Try(() => inner.Write(buffer, index, count));

        public override void Write(string? value) => Try(() => inner.Write(value));

        public override void WriteLine(string? value) => Try(() => inner.WriteLine(value));

        public override void Flush() => Try(inner.Flush);

        private void Try(Action write)
        {
            try
            {
                write();
            }
            catch (IOException e)
            {
                Failure ??= e;
                if (!IsLenient)
                    throw new RunException($"cannot write to standard output: {e.Message.ReplaceLineEndings(" ")}; make room, or write elsewhere", e);
            }
        }
    }
}
