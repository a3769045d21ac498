namespace BareBert.Simt;

/// <summary>A kernel did something it must not: where, and what.</summary>
public sealed class SimtFaultException : Exception
{
    internal SimtFaultException(string kernel, int line, string instruction, int lane, string thread, string reason)
        : base($"{kernel}, PTX line {line} ({instruction}), {thread}, lane {lane}: {reason}") =>
        (Kernel, Line, Lane, Reason) = (kernel, line, lane, reason);

    internal SimtFaultException(string kernel, string reason) : base($"{kernel}: {reason}") =>
        (Kernel, Line, Lane, Reason) = (kernel, 0, -1, reason);

    /// <summary>The kernel's entry point.</summary>
    public string Kernel { get; }

    /// <summary>The line of its PTX, from 1; 0 where unknown.</summary>
    public int Line { get; }

    /// <summary>The lane in its warp, 0 … 31; −1 where unknown.</summary>
    public int Lane { get; }

    /// <summary>What it did.</summary>
    public string Reason { get; }
}
