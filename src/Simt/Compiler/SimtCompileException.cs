using System.Reflection;

namespace BareBert.Simt;

/// <summary>A method cannot become a kernel. The message names the method and the reason, and where it is known the place.</summary>
public sealed class SimtCompileException : Exception
{
    public SimtCompileException(MethodBase method, string reason, Exception? inner = null)
        : base($"{Describe(method)}: {reason}", inner) =>
        (Method, Reason) = (method, reason);

    /// <summary>The kernel, or the method of it that holds the offending instruction.</summary>
    public MethodBase Method { get; }

    /// <summary>What is wrong.</summary>
    public string Reason { get; }

    internal static string Describe(MethodBase method) =>
        $"{method.DeclaringType?.Name}.{method.Name}({string.Join(", ", method.GetParameters().Select(p => p.ParameterType.Name))})";
}
