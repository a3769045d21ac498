using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Xunit;

namespace BareBert.Tests;

/// <summary>A console program in one file, compiled as <c>dotnet run</c> would, against what the tests are built with.</summary>
internal static class ConsoleProgram
{
    // What the SDK gives every console program.
    private const string Usings = "global using System; global using System.Threading.Tasks; global using System.IO; global using System.Linq; "
        + "global using System.Collections.Generic; global using System.Threading;";

    /// <summary>Compiles a program; neither errors nor warnings are accepted. Lines that begin with #: are the SDK's.</summary>
    public static Assembly Compile(string program)
    {
        IEnumerable<string> assemblies = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        string code = string.Join('\n', program.Split('\n').Select(line => line.StartsWith("#:", StringComparison.Ordinal) ? "" : line));
        var language = new CSharpParseOptions(LanguageVersion.Preview);
        var compilation = CSharpCompilation.Create("program", [CSharpSyntaxTree.ParseText(code, language), CSharpSyntaxTree.ParseText(Usings, language)],
            assemblies.Select(path => MetadataReference.CreateFromFile(path)),
            new CSharpCompilationOptions(OutputKind.ConsoleApplication, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Enable));
        using var image = new MemoryStream();
        Assert.Empty(compilation.Emit(image).Diagnostics.Where(d => d.Severity >= DiagnosticSeverity.Warning && d.Id is not ("CS1701" or "CS1702")));
        return Assembly.Load(image.ToArray());
    }
}
