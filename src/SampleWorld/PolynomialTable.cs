namespace BareBert.Sample;

/// <summary>A <see cref="MismatchPolynomial"/> for every hero and every value of one topic.</summary>
internal sealed class PolynomialTable
{
    private readonly double[] _coefficients;

    /// <param name="heroes">Rows.</param>
    /// <param name="values">Columns; 1 where there is no topic.</param>
    /// <param name="terms">Coefficients of a polynomial.</param>
    /// <param name="one">Whether all begin as 1 rather than 0.</param>
    public PolynomialTable(int heroes, int values, int terms, bool one = false)
    {
        (Heroes, Values, Terms) = (heroes, values, terms);
        _coefficients = new double[heroes * values * terms];
        for (int i = 0; one && i < _coefficients.Length; i += terms)
            _coefficients[i] = 1;
    }

    public int Heroes { get; }

    public int Values { get; }

    public int Terms { get; }

    public Span<double> this[int hero, int value] => _coefficients.AsSpan((hero * Values + value) * Terms, Terms);

    /// <summary>Scales all by one factor, so that long products neither vanish nor explode; only ratios matter.</summary>
    public void Normalise()
    {
        double most = _coefficients.Max();
        for (int i = 0; most > 0 && i < _coefficients.Length; i++)
            _coefficients[i] /= most;
    }

    /// <summary>Multiplies entry by entry.</summary>
    public void Multiply(PolynomialTable other)
    {
        for (int i = 0; i < _coefficients.Length; i += Terms)
            MismatchPolynomial.Multiply(_coefficients.AsSpan(i, Terms), other._coefficients.AsSpan(i, Terms));
    }

    /// <summary>Multiplies every entry by the same polynomial.</summary>
    public void MultiplyAll(ReadOnlySpan<double> factor)
    {
        for (int i = 0; i < _coefficients.Length; i += Terms)
            MismatchPolynomial.Multiply(_coefficients.AsSpan(i, Terms), factor);
    }

    /// <summary>Multiplies a hero's entries by the sum of the other table's entries for that hero.</summary>
    public void MultiplyHeroes(PolynomialTable other)
    {
        Span<double> sum = stackalloc double[Terms];
        for (int hero = 0; hero < Heroes; hero++)
        {
            sum.Clear();
            for (int value = 0; value < other.Values; value++)
                MismatchPolynomial.Add(sum, 1, other[hero, value]);
            for (int value = 0; value < Values; value++)
                MismatchPolynomial.Multiply(this[hero, value], sum);
        }
    }

    /// <summary>The sum of all entries, scaled to a largest coefficient of 1.</summary>
    public double[] Sum()
    {
        var sum = new double[Terms];
        for (int i = 0; i < _coefficients.Length; i += Terms)
            MismatchPolynomial.Add(sum, 1, _coefficients.AsSpan(i, Terms));
        double most = sum.Max();
        return [.. sum.Select(c => most > 0 ? c / most : c)];
    }
}
