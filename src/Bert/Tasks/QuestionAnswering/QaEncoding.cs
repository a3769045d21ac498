namespace BareBert.Bert.Tasks;

/// <summary>How questions and contexts become windows.</summary>
/// <param name="MaxLength">Most tokens of a window.</param>
/// <param name="DocStride">Tokens of the context that a window repeats of the one before it, as in Hugging Face's <c>doc_stride</c>.</param>
/// <param name="MaxQuestion">Tokens of a question over this are cut off its end.</param>
public sealed record QaEncoding(int MaxLength = 384, int DocStride = 128, int MaxQuestion = 64)
{
    /// <summary>The usual lengths where none are given; in a model of few positions no more than a third of a window each.</summary>
    /// <param name="positions">The longest sequence that the model takes.</param>
    /// <param name="maxLength">Null: 384.</param>
    /// <param name="docStride">Null: 128.</param>
    /// <param name="maxQuestion">Null: 64.</param>
    /// <exception cref="InputException">As <see cref="Validate"/>.</exception>
    public static QaEncoding For(int positions, int? maxLength = null, int? docStride = null, int? maxQuestion = null)
    {
        int length = maxLength ?? Math.Min(384, positions);
        return new QaEncoding(length, docStride ?? Math.Min(128, length / 3), maxQuestion ?? Math.Min(64, length / 3)).Validate(positions);
    }

    /// <summary>Checks that a window has room for a longest question and for more context than it repeats.</summary>
    /// <param name="positions">The longest sequence that the model takes.</param>
    /// <exception cref="InputException">It has not.</exception>
    public QaEncoding Validate(int positions)
    {
        if (MaxLength > positions)
            throw new InputException($"`MaxLength` {MaxLength} is over the model's {positions} positions: give {positions} or less");
        if (MaxQuestion < 1)
            throw new InputException($"`MaxQuestion` {MaxQuestion} leaves no question: give 1 or more");
        if (DocStride < 0)
            throw new InputException($"`DocStride` {DocStride} is negative: give 0 or more");
        int room = MaxLength - MaxQuestion - SpecialCount;
        if (room <= DocStride)
        {
            throw new InputException($"`MaxLength` {MaxLength} is too short: a question of {MaxQuestion} tokens leaves {Math.Max(0, room)} for the context, "
                + $"no more than the {DocStride} that windows repeat; raise `MaxLength`, or lower `DocStride` or `MaxQuestion`");
        }
        return this;
    }

    // [CLS] question [SEP] context [SEP].
    private const int SpecialCount = 3;
}
