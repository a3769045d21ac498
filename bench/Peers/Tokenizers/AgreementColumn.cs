using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace BareBert.Bench;

/// <summary>On how many texts a tokenizer gives the ids that ours gives, which are Hugging Face's.</summary>
internal sealed class AgreementColumn : IColumn
{
    private readonly Dictionary<(string, string), string> _known = [];

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

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase)
    {
        if (Text(benchmarkCase) is not { } text)
            return "";
        string method = benchmarkCase.Descriptor.WorkloadMethod.Name;
        if (!_known.TryGetValue((method, text.Name), out string? percent))
            _known[(method, text.Name)] = percent = TokenizerSuite.Agreement(method, text)?.ToString("F2", CultureInfo.InvariantCulture) ?? "";
        return percent;
    }

    private static TokenizerSuite.TextLines? Text(BenchmarkCase row) => row.Parameters.Items.Select(p => p.Value).OfType<TokenizerSuite.TextLines>().FirstOrDefault();
}
