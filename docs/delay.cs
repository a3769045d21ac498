// Starts a command several times, each in a network namespace of its own, and delays every packet between them: a slow network on one machine. Needs Linux, iproute2, and to be root.
//
//     dotnet build -c Release docs/scaling.cs && dotnet run docs/delay.cs -- 4 5 dotnet run -c Release --no-build docs/scaling.cs -- measure
//     dotnet run docs/delay.cs -- 2 5 barebert pretrain --model tiny --steps 20
//         how many processes, how many milliseconds a packet takes, the command
//
// What `tc … netem delay` does where the kernel has it, done by this program: each namespace's only link is a TUN device, whose packets it reads, keeps and hands on.
#:property PublishAot=false
#:property AllowUnsafeBlocks=true
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args.Length < 3 || !int.TryParse(args[0], out int count) || count is < 2 or > 200 || !double.TryParse(args[1], out double milliseconds) || !(milliseconds is >= 0 and <= 10_000))
{
    Console.Error.WriteLine("usage: dotnet run delay.cs -- PROCESSES MILLISECONDS COMMAND…; the file's first lines have examples");
    return 2;
}
using var network = new DelayedNetwork(count, TimeSpan.FromMilliseconds(milliseconds));
Process[] processes = [.. Enumerable.Range(0, count).Select(rank => network.Start(rank, args[2..]))];
foreach (Process process in processes)
    process.WaitForExit();
return processes.Max(process => process.ExitCode);

/// <summary>Hosts 10.99.0.1, 10.99.0.2, … whose packets reach each other after a time.</summary>
internal sealed class DelayedNetwork : IDisposable
{
    private const int LargestPacket = 65_536, Port = 29_500;

    private readonly string _prefix = $"delay{Environment.ProcessId}-";
    private readonly TimeSpan _delay;
    private readonly int[] _links;
    private int _made;
    private readonly BlockingCollection<(long Due, byte[] Packet)>[] _waiting;

    public DelayedNetwork(int hosts, TimeSpan delay)
    {
        _delay = delay;
        _links = new int[hosts];
        _waiting = [.. Enumerable.Range(0, hosts).Select(_ => new BlockingCollection<(long, byte[])>())];
        try
        {
            for (int host = 0; host < hosts; host++)
                Add(host);
        }
        catch
        {
            Dispose();
            throw;
        }
        for (int host = 0; host < hosts; host++)
        {
            int own = host;
            new Thread(() => Take(own)) { IsBackground = true }.Start();
            new Thread(() => HandOn(own)) { IsBackground = true }.Start();
        }
    }

    /// <summary>Starts a command on a host, told by torchrun's variables which of the processes it is.</summary>
    public Process Start(int host, string[] command)
    {
        var start = new ProcessStartInfo("ip", ["netns", "exec", NameOf(host), .. command]);
        foreach ((string name, string value) in (ReadOnlySpan<(string, string)>)[("RANK", $"{host}"), ("WORLD_SIZE", $"{_links.Length}"), ("LOCAL_RANK", "0"), ("MASTER_ADDR", AddressOf(0)), ("MASTER_PORT", $"{Port}")])
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    public void Dispose()
    {
        for (; _made > 0; _made--)
            Ip("netns", "delete", NameOf(_made - 1));
    }

    private void Add(int host)
    {
        Ip("netns", "add", NameOf(host));
        _made++;
        _links[host] = InNamespace(NameOf(host), () => Tun.Open("link0"));
        Ip("-n", NameOf(host), "addr", "add", $"{AddressOf(host)}/24", "dev", "link0");
        Ip("-n", NameOf(host), "link", "set", "link0", "up");
        Ip("-n", NameOf(host), "link", "set", "lo", "up");
    }

    private static string AddressOf(int host) => $"10.99.0.{host + 1}";

    private string NameOf(int host) => _prefix + host;

    // Packets that a host sends, each to wait before the one that it is for.
    private void Take(int host)
    {
        var packet = new byte[LargestPacket];
        for (int length; (length = Tun.Read(_links[host], packet)) > 0;)
        {
            // IPv4 alone; the destination's last byte (RFC 791).
            if (packet[0] >> 4 == 4 && packet[19] - 1 is int to && to >= 0 && to < _links.Length)
                _waiting[to].Add((Stopwatch.GetTimestamp() + (long)(_delay.TotalSeconds * Stopwatch.Frequency), packet[..length]));
        }
    }

    private void HandOn(int host)
    {
        foreach ((long due, byte[] packet) in _waiting[host].GetConsumingEnumerable())
        {
            for (TimeSpan left; (left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due)) > TimeSpan.Zero;)
                Thread.Sleep(left > TimeSpan.FromMilliseconds(1) ? (int)left.TotalMilliseconds : 0);
            Tun.Write(_links[host], packet);
        }
    }

    // A namespace is a thread's, what it opens there the process's.
    private static int InNamespace(string name, Func<int> open)
    {
        int opened = -1;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                Tun.Enter($"/var/run/netns/{name}");
                opened = open();
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        return failure is null ? opened : throw failure;
    }

    private static void Ip(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo("ip", arguments))!;
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"ip {string.Join(' ', arguments)} ended with {process.ExitCode}");
    }
}

/// <summary>What of Linux is needed: network namespaces, and links whose packets a program reads and writes (Documentation/networking/tuntap).</summary>
internal static unsafe partial class Tun
{
    private const int ReadOnly = 0, ReadWrite = 2, NewNetwork = 0x4000_0000;
    private const uint SetInterface = 0x4004_54CA; // TUNSETIFF
    private const short WithoutHeader = 0x1001; // IFF_TUN | IFF_NO_PI

    /// <summary>Moves this thread into a namespace.</summary>
    public static void Enter(string path)
    {
        int file = Succeed(Open(path, ReadOnly), path);
        Succeed(SetNamespace(file, NewNetwork), path);
    }

    /// <summary>Makes a link in the thread's namespace.</summary>
    public static int Open(string name)
    {
        int file = Succeed(Open("/dev/net/tun", ReadWrite), "/dev/net/tun");
        byte* request = stackalloc byte[40]; // struct ifreq: the name, 16 bytes, then the flags
        new Span<byte>(request, 40).Clear();
        System.Text.Encoding.ASCII.GetBytes(name, new Span<byte>(request, 15));
        *(short*)(request + 16) = WithoutHeader;
        Succeed(Control(file, SetInterface, request), name);
        return file;
    }

    /// <summary>Waits for a packet; returns its length.</summary>
    public static int Read(int file, byte[] packet)
    {
        fixed (byte* to = packet)
            return (int)Read(file, to, (nuint)packet.Length);
    }

    /// <summary>Hands a packet over; where it is refused it is lost, as on any network.</summary>
    public static void Write(int file, byte[] packet)
    {
        fixed (byte* from = packet)
            _ = Write(file, from, (nuint)packet.Length);
    }

    private static int Succeed(int result, string what) =>
        result >= 0 ? result : throw new InvalidOperationException($"{what}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(int file, int kind);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(int file, nuint request, void* argument);

    [LibraryImport("libc", EntryPoint = "read")]
    private static partial nint Read(int file, void* to, nuint length);

    [LibraryImport("libc", EntryPoint = "write")]
    private static partial nint Write(int file, void* from, nuint length);
}
