using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace BareBert.Bench;

/// <summary>On how many texts a tokenizer gives the ids that ours gives, which are Hugging Face's.</summary>
internal sealed class AgreementColumn : IColumn
{
    private static readonly Dictionary<(string, string), double?> Known = [];

    public string Id => "agreement";
    public string ColumnName => "same ids, %";
    public string Legend => "of the texts";
    public bool AlwaysShow => true;
    public ColumnCategory Category => ColumnCategory.Custom;
    public int PriorityInCategory => 0;
    public bool IsNumeric => true;
    public UnitType UnitType => UnitType.Dimensionless;

    public bool IsAvailable(Summary summary) => summary.BenchmarksCases.Any(row => Text(row) is not null);

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase) => Percent(benchmarkCase)?.ToString("F2", CultureInfo.InvariantCulture) ?? "";

    /// <summary>Of a row; null where it is no other library's tokenizer.</summary>
    public static double? Percent(BenchmarkCase row)
    {
        if (Text(row) is not { } text)
            return null;
        string method = row.Descriptor.WorkloadMethod.Name;
        if (!Known.TryGetValue((method, text.Name), out double? percent))
            Known[(method, text.Name)] = percent = TokenizerSuite.Agreement(method, text);
        return percent;
    }

    private static TokenizerSuite.TextLines? Text(BenchmarkCase row) => row.Parameters.Items.Select(p => p.Value).OfType<TokenizerSuite.TextLines>().FirstOrDefault();
}
