using System.Globalization;
using BenchmarkDotNet.Running;

namespace BareBert.Bench;

internal sealed partial class ComparisonTable
{
    static partial void Note(BenchmarkCase row, ref string note)
    {
        if (AgreementColumn.Percent(row) is double percent)
            note = string.Create(CultureInfo.InvariantCulture, $" ({percent:F2} % same ids)");
    }
}
