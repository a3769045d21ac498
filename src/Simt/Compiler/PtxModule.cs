using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;

namespace BareBert.Simt;

/// <summary>A kernel's PTX as it is loaded and kept: ILGPU's text with names that are the same in every run, for the chip that was asked for.</summary>
/// <param name="Name">The entry point.</param>
/// <param name="Text">The module.</param>
internal sealed partial record PtxModule(string Name, string Text)
{
    /// <summary>What ILGPU calls the array whose size the launch decides.</summary>
    public const string DynamicShared = "__dyn_shared_alloca";

    /// <summary>Bytes of declared shared arrays, one behind the other at their alignments.</summary>
    public long StaticSharedBytes { get; } = BytesOf(Text, "shared");

    /// <summary>Bytes of a thread's arrays that ILGPU did not keep in registers.</summary>
    public long LocalBytes { get; } = BytesOf(Text, "local");

    public bool UsesDynamicShared { get; } = Text.Contains(DynamicShared, StringComparison.Ordinal);

    private const string NonNegativeMark = "// parameters that must not be negative: ";

    /// <summary>Places of the kernel's parameters that a launch must not give negative numbers for (<see cref="DivisionCheck"/>).</summary>
    public int[] NonNegative { get; } = [.. Text[NonNegativeMark.Length..Text.IndexOf('\n')].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];

    private static long BytesOf(string text, string space) => Array().Matches(text).Where(array => array.Groups[1].ValueSpan.SequenceEqual(space))
        .Aggregate(0L, (bytes, array) => Grown(bytes, Number(array, 2)) + Number(array, 3));

    private static long Grown(long bytes, long alignment) => (bytes + alignment - 1) / alignment * alignment;

    private static long Number(Match match, int group) => long.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

    /// <summary>Compiles a kernel. In what ILGPU writes names carry numbers of ILGPU's nodes, which differ from run to run; functions that were replaced by
    /// instructions are still there, though nobody calls them; and the newest chip that ILGPU 1.5.3 writes for here is sm_80, whose PTX newer ones take.</summary>
    public static PtxModule Of(MethodInfo method, string target)
    {
        (string written, IReadOnlyCollection<int> nonNegative) = KernelCompiler.Compile(method);
        return Of(method, written, nonNegative, target);
    }

    /// <summary>From what ILGPU wrote.</summary>
    internal static PtxModule Of(MethodInfo method, string written, IReadOnlyCollection<int> nonNegative, string target)
    {
        string name = NameOf(method);
        List<string> lines = WithoutFunctions(written);
        Check(method, lines);
        Dictionary<string, string> names = Renamed(lines, name);
        var text = new StringBuilder(written.Length);
        text.Append(NonNegativeMark).AppendJoin(' ', nonNegative).Append('\n');
        foreach (string line in lines)
        {
            text.Append(line.StartsWith(".target", StringComparison.Ordinal) ? $".target {target}"
                : Identifier().Replace(line, match => names.TryGetValue(match.Value, out string? renamed) ? renamed : match.Value)).Append('\n');
        }
        return new PtxModule(name, text.ToString());
    }

    // As in MatMul5DoubleBuffered_Run_KInner_KOuter_GpuGelu: what profilers and faults show.
    internal static string NameOf(MethodInfo method) => NotWord().Replace(
        $"{method.DeclaringType?.Name}_{method.Name}{string.Concat(method.GetGenericArguments().Select(type => "_" + type.Name))}", "_");

    // What a GPU would take but no kernel should have.
    private static void Check(MethodInfo method, List<string> lines)
    {
        if (lines.Find(line => Call().IsMatch(line)) is { } call)
            throw new SimtCompileException(method, $"a call that ILGPU leaves one (of a method that calls itself, or of a function of ILGPU.Algorithms that is no instruction): {call.Trim().Replace('\t', ' ')}");
        if (lines.Find(line => GenericAddress().IsMatch(line)) is { } access)
            throw new SimtCompileException(method, $"memory of which it is not known while compiling whether it is global, shared or local: {access.Trim().Replace('\t', ' ')}");
    }

    [GeneratedRegex(@"^\s*call\b")]
    private static partial Regex Call();

    [GeneratedRegex(@"^\s*(ld|st)(\.v[24])?\.[bfus](8|16|32|64)\s|^\s*cvta\.(shared|local)\.")]
    private static partial Regex GenericAddress();

    // Each ends with a brace, or without a body with a semicolon, on a line of its own.
    private static List<string> WithoutFunctions(string written)
    {
        var kept = new List<string>();
        bool inFunction = false;
        foreach (ReadOnlySpan<char> line in written.AsSpan().EnumerateLines())
        {
            inFunction |= line.StartsWith(".visible .func");
            if (!inFunction && (!line.IsEmpty || kept is [.., { Length: > 0 }]))
                kept.Add(line.ToString());
            if (line is "}" or ";")
                inFunction = false;
        }
        return kept;
    }

    // New names of the entry point, its parameters and its labels, each numbered in the order in which it comes.
    private static Dictionary<string, string> Renamed(List<string> lines, string entry)
    {
        var names = new Dictionary<string, string>();
        int labels = 0, parameters = 0;
        foreach (string line in lines)
        {
            if (line.StartsWith(".visible .entry", StringComparison.Ordinal))
                names[Identifier().Match(line, ".visible .entry ".Length).Value] = entry;
            else if (Parameter().Match(line) is { Success: true } parameter)
                names[parameter.Groups[1].Value] = $"{parameter.Groups[2].Value}_{parameters++}";
            else if (Label().Match(line) is { Success: true } label)
                names[label.Groups[1].Value] = $"L{labels++}";
        }
        return names;
    }

    [GeneratedRegex(@"^\s*\.(shared|local) \.align (\d+) \.b8 \w+\[(\d+)\];", RegexOptions.Multiline)]
    private static partial Regex Array();

    [GeneratedRegex(@"(?<![%\w.])[A-Za-z_]\w*")]
    private static partial Regex Identifier();

    [GeneratedRegex(@"^\s*\.param .*?(_(\w+)_\d+)(?:\[\d+\])?,?$")]
    private static partial Regex Parameter();

    [GeneratedRegex(@"^\s*(L_\w+):$")]
    private static partial Regex Label();

    [GeneratedRegex(@"\W")]
    private static partial Regex NotWord();
}
