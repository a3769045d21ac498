using System.Diagnostics;
using System.Reflection;
using BareBert.Kernels;
using BareBert.Tests;
using Xunit;

namespace BareBert.Bench;

/// <summary>The conformance suite of the tests, whose sources this program shares, on one device: every operation against Reference.</summary>
internal static class ConformanceSection
{
    // Small runs take those of the tests that compare few values: one or two of each operation.
    private static readonly string[] SmallTests = ["NaN", "DroppedNaN", "SpecialNumbers", "Refuses", "LargeScores", "Extreme"];

    /// <summary>Runs the suite.</summary>
    /// <returns>Whether all tests passed.</returns>
    public static bool Write(MarkdownReport report, GpuOptions options)
    {
        report.Section("Every operation against Reference");
        string device = options.Device == "cuda" ? "cuda:0" : options.Device;
        using var fixture = new DeviceFixture();
        var rows = new List<string[]>();
        var failures = new List<string>();
        IEnumerable<MethodInfo> tests = Tests().Where(test => !options.IsSmall || SmallTests.Any(name => test.Name.StartsWith(name, StringComparison.Ordinal)));
        foreach (IGrouping<Type, MethodInfo> suite in tests.GroupBy(test => test.DeclaringType!))
        {
            object instance = Activator.CreateInstance(suite.Key, fixture)!;
            long start = Stopwatch.GetTimestamp();
            int passed = 0, all = 0;
            foreach ((MethodInfo test, object[] arguments) in suite.SelectMany(test => Arguments(test, device).Select(arguments => (test, arguments))))
            {
                all++;
                if (Failure(instance, test, arguments) is string failure)
                    failures.Add($"{suite.Key.Name}.{test.Name}: {failure}");
                else
                    passed++;
            }
            rows.Add([suite.Key.Name.Replace("Conformance", ""), $"{passed}", $"{all - passed}", $"{Stopwatch.GetElapsedTime(start).TotalSeconds:F1}"]);
        }
        report.Table(["operation", "tests passed", "failed", "seconds"], rows);
        foreach (string failure in failures)
            report.Line($"- FAILED {failure}");
        return failures.Count == 0 & WritePrecisions(report, options.Device);
    }

    // The suite computes in float32: multiplies and attention on tensor cores are held against Reference here.
    private static bool WritePrecisions(MarkdownReport report, string device)
    {
        var checks = new List<(Precision Precision, DeviceCheck Check)>();
        foreach (Precision precision in Enum.GetValues<Precision>())
        {
            using IKernels kernels = BareBert.Kernels.Devices.Open(device, precision: precision);
            checks.AddRange(DeviceCheck.Run(kernels, precision).Select(check => (precision, check)));
        }
        report.Table(["operation", "precision", "largest error, of the root mean square", "allowed", ""], checks.Select(row => (string[])
        [
            row.Check.Name, row.Precision.ToString().ToLowerInvariant(), $"{row.Check.Error:0.0e+0}", $"{row.Check.Allowed:0.0e+0}", row.Check.Passed ? "ok" : "FAILED",
        ]));
        return checks.All(row => row.Check.Passed);
    }

    private static IEnumerable<MethodInfo> Tests() => typeof(ConformanceSection).Assembly.GetTypes()
        .Where(type => type.GetConstructor([typeof(DeviceFixture)]) is not null && type.Name.EndsWith("Conformance", StringComparison.Ordinal))
        .OrderBy(type => type.Name, StringComparer.Ordinal)
        .SelectMany(type => type.GetMethods().Where(method => method.GetCustomAttribute<TheoryAttribute>() is not null));

    // A test's rows of arguments; the first of each is the device's name.
    private static IEnumerable<object[]> Arguments(MethodInfo test, string device)
    {
        foreach (MemberDataAttribute data in test.GetCustomAttributes<MemberDataAttribute>())
        {
            Type owner = data.MemberType ?? test.DeclaringType!;
            object rows = owner.GetProperty(data.MemberName)?.GetValue(null) ?? owner.GetMethod(data.MemberName)!.Invoke(null, null)!;
            foreach (ITheoryDataRow row in (IEnumerable<ITheoryDataRow>)rows)
            {
                if (row.GetData() is [string name, ..] arguments && name == device)
                    yield return arguments!;
            }
        }
    }

    private static string? Failure(object instance, MethodInfo test, object[] arguments)
    {
        try
        {
            test.Invoke(instance, arguments);
            return null;
        }
        catch (TargetInvocationException e)
        {
            // A test fails by whatever it throws: that it did is the result.
            return e.InnerException!.Message.ReplaceLineEndings(" ");
        }
    }
}
