using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace BareBert.Tests;

/// <summary>
/// Hosts with addresses and names of their own on this machine: network namespaces of Linux, joined by a bridge that is in one of its own. Removed
/// with all that runs on them when disposed of.
/// </summary>
internal sealed partial class VirtualHosts : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly string _prefix = $"bb{Environment.ProcessId}-";
    private readonly int _count;

    /// <summary>Makes hosts node1, node2, …; skips the test where that is not allowed.</summary>
    public VirtualHosts(int count)
    {
        Assert.SkipWhen(!OperatingSystem.IsLinux(), "network namespaces are Linux's");
        _count = count;
        try
        {
            RemoveForgotten();
            Ip("netns", "add", Switch);
            Ip("-n", Switch, "link", "add", "bridge0", "type", "bridge");
            Ip("-n", Switch, "link", "set", "bridge0", "up");
            for (int host = 1; host <= count; host++)
                Add(host);
            Process(["ip", "netns", "exec", NamespaceOf(1), "unshare", "--uts", "--mount", "hostname", "node1"]);
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            Dispose();
            Assert.Skip($"no hosts can be made here (ip of iproute2, and the right to make network namespaces, are needed): {e.Message}");
        }
        File.WriteAllText(Agent, $"""
            #!/bin/sh
            # What ssh does between real hosts: a command on one of them. MPICH passes -x.
            [ "$1" = -x ] && shift
            number=$(echo "$1" | sed 's/.*\.//'); shift
            exec ip netns exec {_prefix}$number unshare --uts --mount sh -c "hostname node$number; . {_scratch["prepare"]}$number; $*"
            """);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(Agent, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>The launcher's command line for one process on each host, started on the first.</summary>
    public string[] Launch(string launcher)
    {
        MpiRun.Need(launcher);
        string hosts = string.Join(',', Enumerable.Range(1, _count).Select(AddressOf));
        // Open MPI's launcher notices that a host is cut off only where it looks after its connections, and before it has to send something there.
        string[] own = launcher == "mpirun.openmpi"
            ? ["--mca", "plm_rsh_agent", Agent, "--mca", "btl", "tcp,self", "--mca", "btl_tcp_if_include", "eth0", "--mca", "oob_tcp_if_include", "eth0", "--bind-to", "none",
               "--mca", "oob_tcp_keepalive_time", "1", "--mca", "oob_tcp_keepalive_intvl", "1", "--mca", "oob_tcp_keepalive_probes", "2", "-H", hosts]
            : ["-launcher", "ssh", "-launcher-exec", Agent, "-iface", "eth0", "-hosts", hosts];
        return [Agent, AddressOf(1), launcher, .. own, "-n", $"{_count}"];
    }

    /// <summary>Lets a host run a line of shell before each of its processes; it has mounts of its own.</summary>
    public void Prepare(int host, string line) => File.WriteAllText(_scratch[$"prepare{host}"], line + "\n");

    /// <summary>Pulls a host's cable.</summary>
    public void CutOff(int host) => Ip("-n", NamespaceOf(host), "link", "set", "eth0", "down");

    public void Dispose()
    {
        foreach (string name in (string[])[.. Enumerable.Range(1, _count).Select(NamespaceOf), Switch])
            Remove(name);
        _scratch.Dispose();
    }

    private string Agent => _scratch["agent.sh"];

    private string Switch => _prefix + "0";

    private static string AddressOf(int host) => $"10.77.0.{host}";

    private string NamespaceOf(int host) => $"{_prefix}{host}";

    private void Add(int host)
    {
        string name = NamespaceOf(host);
        Ip("netns", "add", name);
        Ip("-n", Switch, "link", "add", $"port{host}", "type", "veth", "peer", "name", "eth0", "netns", name);
        Ip("-n", Switch, "link", "set", $"port{host}", "master", "bridge0", "up");
        Ip("-n", name, "link", "set", "lo", "up");
        Ip("-n", name, "addr", "add", $"{AddressOf(host)}/24", "dev", "eth0");
        Ip("-n", name, "link", "set", "eth0", "up");
        Prepare(host, ":");
    }

    // Those of a test run that was itself killed.
    private static void RemoveForgotten()
    {
        foreach (Match name in Ours().Matches(Process(["ip", "netns", "list"])))
        {
            if (!Directory.Exists($"/proc/{name.Groups[1].Value}"))
                Remove(name.Value);
        }
    }

    private static void Remove(string name)
    {
        try
        {
            foreach (string id in Process(["ip", "netns", "pids", name]).Split('\n', StringSplitOptions.RemoveEmptyEntries))
                System.Diagnostics.Process.GetProcessById(int.Parse(id, CultureInfo.InvariantCulture)).Kill();
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or System.ComponentModel.Win32Exception)
        {
            // it has ended, or there is no such namespace
        }
        try
        {
            Ip("netns", "del", name);
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            // it was not made
        }
    }

    private static void Ip(params string[] args) => Process(["ip", .. args]);

    private static string Process(string[] command)
    {
        using var process = System.Diagnostics.Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{string.Join(' ', command)}: {error.Result.Trim()}");
    }

    [GeneratedRegex(@"^bb(\d+)-\d+", RegexOptions.Multiline)]
    private static partial Regex Ours();
}
