using System.Diagnostics;
using System.Reflection;
using System.Text.RegularExpressions;
using BareBert.Kernels;
using BareBert.Simt;
using BareBert.Tests;

namespace BareBert.Bench;

/// <summary><c>bench -- ilgpu [FILE.md] [FOLDER]</c>: which kernels ILGPU's PTX backend compiles, and what ptxas makes of them; the PTX goes into the folder. Only in a build with -p:Ilgpu=true.</summary>
internal static partial class IlgpuTable
{
    public static int Run(string[] args)
    {
        var report = new MarkdownReport(args.FirstOrDefault("ilgpu-kernels.md"));
        string? ptxas = Environment.GetEnvironmentVariable("BAREBERT_PTXAS");
        report.Title("The kernels compiled by ILGPU 1.5.3");
        if (ptxas is null)
            report.Line("Not assembled: BAREBERT_PTXAS does not name ptxas.");
        var rows = new List<string[]>();
        foreach ((string name, MethodInfo method) in GpuKernelList.All)
            rows.Add(Row(name, method, ptxas, args.ElementAtOrDefault(1)));
        report.Table(["kernel", "ILGPU", "ptxas", "registers", "stack frame, bytes", "spills, bytes"], rows);
        report.Line($"{rows.Count(row => row[1] == "ok")} of {rows.Count} compiled, {rows.Count(row => row[2] == "ok")} assembled.");
        return 0;
    }

    private static string[] Row(string name, MethodInfo method, string? ptxas, string? folder)
    {
        try
        {
            string ptx = SimtKernel.Of(method).ByIlgpu().Ptx;
            if (folder is not null)
                File.WriteAllText(Path.Combine(folder, name.Replace(' ', '_') + ".ptx"), ptx);
            return [name, "ok", .. ptxas is null ? ["–", "–", "–", "–"] : Assemble(ptxas, ptx)];
        }
        catch (SimtCompileException e)
        {
            return [name, e.Reason, "–", "–", "–", "–"];
        }
    }

    private static string[] Assemble(string ptxas, string ptx)
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, ptx);
            using Process process = Process.Start(new ProcessStartInfo(ptxas, ["-v", "-arch=sm_80", "-o", "/dev/null", file]) { RedirectStandardError = true })!;
            string log = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0
                ? ["ok", Number(Registers(), log), Number(Stack(), log), Number(Spills(), log)]
                : [log.Trim().Split('\n')[0].Replace(file, "kernel"), "–", "–", "–"];
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static string Number(Regex regex, string log) => regex.Match(log) is { Success: true } match ? match.Groups[1].Value : "–";

    [GeneratedRegex(@"Used (\d+) registers")]
    private static partial Regex Registers();

    [GeneratedRegex(@"(\d+) bytes stack frame")]
    private static partial Regex Stack();

    [GeneratedRegex(@"(\d+) bytes spill stores")]
    private static partial Regex Spills();
}
