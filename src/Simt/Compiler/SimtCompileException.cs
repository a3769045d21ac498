using System.Reflection;

namespace BareBert.Simt;

/// <summary>A method cannot become a kernel. The message names the method, the IL offset and the reason.</summary>
public sealed class SimtCompileException : Exception
{
    public SimtCompileException(MethodBase method, int offset, string reason)
        : base($"{Describe(method)}, IL_{offset:x4}: {reason}") =>
        (Method, Offset, Reason) = (method, offset, reason);

    /// <summary>The method whose body holds the offending instruction.</summary>
    public MethodBase Method { get; }

    /// <summary>The instruction's offset in that body.</summary>
    public int Offset { get; }

    /// <summary>What is wrong, without the place.</summary>
    public string Reason { get; }

    private static string Describe(MethodBase method) =>
        $"{method.DeclaringType?.Name}.{method.Name}({string.Join(", ", method.GetParameters().Select(p => p.ParameterType.Name))})";
}
