namespace BareBert.Bert.Evaluations;

/// <summary>Draws curves: axes with nice ticks, reference lines, a legend, and a tooltip at each point.</summary>
internal sealed class LineChartSvg
{
    private const double Width = 440, Height = 270, Right = 16, Top = 10, Bottom = 44;
    private const int MostPoints = 400, MostMarkers = 30;

    private readonly LineChart _chart;
    private readonly CurvePoint[][] _series;
    private readonly ReferenceLine[] _references;
    private readonly Ticks _x, _y;
    private readonly double _left;
    private readonly HtmlWriter _out = new();

    private LineChartSvg(LineChart chart)
    {
        _chart = chart;
        _series = [.. chart.Series.Select(s => s.Points.Where(p => Shown(p.X, p.Y)).ToArray())];
        _references = [.. chart.References.Where(r => Shown(0, r.Value))];
        var points = _series.SelectMany(s => s).ToArray();
        double[] ys = [.. points.Select(p => p.Y), .. _references.Select(r => r.Value)];
        bool whole = points.All(p => p.X == Math.Floor(p.X));
        _x = points.Length > 0 ? Ticks.Tight(points.Min(p => p.X), points.Max(p => p.X), 6, whole) : Ticks.Linear(0, 1);
        _y = ys.Length == 0 ? Ticks.Linear(0, 1) : chart.LogY ? Ticks.Logarithmic(ys.Min(), ys.Max()) : Ticks.Linear(ys.Min(), ys.Max());
        _left = ChartParts.LeftMargin(_y);
    }

    /// <summary>The chart as one <c>figure</c>.</summary>
    public static string Render(LineChart chart)
    {
        var svg = new LineChartSvg(chart);
        svg.Figure();
        return svg._out.ToString();
    }

    private void Figure()
    {
        _out.Open("figure");
        _out.Element("figcaption", _chart.Title);
        ChartParts.OpenSvg(_out, Width, Height, _chart.Title, Describe());
        ChartParts.Axes(_out, _x, _y, new ChartArea(_left, Top, Width - Right, Height - Bottom), _chart.XLabel, _chart.YLabel);
        foreach (var reference in _references)
            Reference(reference);
        for (int s = 0; s < _series.Length; s++)
            Curve(_chart.Series[s].Name, Thin(_series[s]), s);
        _out.Close("svg");
        Legend();
        int all = _chart.Series.Sum(s => s.Points.Count), drawn = _series.Sum(s => s.Length);
        if (drawn < all)
            _out.Element("p", $"Left out: {all - drawn} of {all} values, not finite{(_chart.LogY ? " or not above zero" : "")}.", ("class", "note"));
        _out.Close("figure");
    }

    private void Curve(string name, CurvePoint[] points, int index)
    {
        if (points.Length == 0)
            return;
        string color = ChartParts.Color(index);
        string path = string.Join(' ', points.Select((p, i) => $"{(i == 0 ? 'M' : 'L')}{HtmlWriter.Number(X(p))} {HtmlWriter.Number(Y(p.Y))}"));
        _out.Empty("path", ("d", path), ("class", points.Length <= MostMarkers ? "curve" : "curve fine"), ("style", $"stroke:{color}"));
        foreach (var p in points)
        {
            _out.Open("g", ("class", "point"));
            _out.Element("title", $"{name}, {_chart.XLabel} {Ticks.Label(p.X)}: {Figure(p.Y)}");
            if (points.Length <= MostMarkers)
                _out.Empty("circle", ("cx", X(p)), ("cy", Y(p.Y)), ("r", 3.5), ("class", "dot"), ("style", $"fill:{color}"));
            _out.Empty("circle", ("cx", X(p)), ("cy", Y(p.Y)), ("r", 9.0), ("class", "hit"));
            _out.Close("g");
        }
    }

    private void Reference(ReferenceLine line)
    {
        _out.Open("g").Element("title", $"{line.Name}: {Figure(line.Value)}");
        _out.Empty("line", ("x1", _left), ("x2", Width - Right), ("y1", Y(line.Value)), ("y2", Y(line.Value)), ("class", "reference"));
        _out.Close("g");
    }

    private void Legend()
    {
        var entries = _chart.Series.Select((s, i) => (s.Name, Color: (string?)ChartParts.Color(i)))
            .Concat(_references.Select(r => ($"{r.Name} ({Figure(r.Value)})", (string?)null))).ToArray();
        if (entries.Length > 1 || _references.Length > 0)
            ChartParts.Legend(_out, entries);
    }

    /// <summary>Where there are more points than pixels, the least and the greatest of each of so many runs of them.</summary>
    private static CurvePoint[] Thin(CurvePoint[] points)
    {
        if (points.Length <= MostPoints)
            return points;
        return [.. points.Chunk((points.Length + MostPoints / 2 - 1) / (MostPoints / 2))
            .SelectMany(run => new[] { run.MinBy(p => p.Y), run.MaxBy(p => p.Y) }.Distinct().OrderBy(p => p.X))];
    }

    private string Describe() => string.Join("; ", _series.Select((s, i) => s.Length == 0
        ? $"{_chart.Series[i].Name}: no values"
        : $"{_chart.Series[i].Name}: from {Figure(s[0].Y)} to {Figure(s[^1].Y)}"));

    private bool Shown(double x, double y) => double.IsFinite(x) && double.IsFinite(y) && (!_chart.LogY || y > 0);

    private double X(CurvePoint p) => _left + _x.Place(p.X) * (Width - _left - Right);

    private double Y(double y) => Height - Bottom - _y.Place(y) * (Height - Top - Bottom);

    private static string Figure(double value) => value.ToString(Math.Abs(value) >= 100 ? "#,0.0" : "0.####", System.Globalization.CultureInfo.InvariantCulture);
}
