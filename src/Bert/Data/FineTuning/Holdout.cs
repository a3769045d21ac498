namespace BareBert.Bert.Data;

/// <summary>Which of the training examples are set aside to validate on: a share of them, or one of as many folds, which together are all of them.</summary>
/// <param name="Share">Above 0 and below 1; of folds what one is.</param>
/// <param name="Fold">Which fold, from 0; nothing where there is a share.</param>
/// <param name="Folds">How many folds there are; 0: a share is set aside.</param>
public readonly record struct Holdout(double Share, int Fold = 0, int Folds = 0)
{
    /// <summary>A share.</summary>
    public static implicit operator Holdout(double share) => new(share);

    /// <summary>One of some folds.</summary>
    /// <param name="fold">From 1.</param>
    /// <param name="folds">At least 2.</param>
    public static Holdout OfFold(int fold, int folds) => new(1.0 / folds, fold - 1, folds);

    /// <summary>Parts items that are in a random order.</summary>
    /// <returns>Those to learn from and those set aside, each in rising order.</returns>
    /// <exception cref="InputException">There are fewer items than folds.</exception>
    public (int[] Kept, int[] Aside) Of(ReadOnlySpan<int> order)
    {
        if (order.Length < Folds)
            throw new InputException($"{order.Length} examples are fewer than {Folds} folds: give more, or fewer folds");
        int share = Math.Clamp((int)Math.Round(Share * order.Length), 1, order.Length - 1);
        List<int> kept = [], aside = [];
        for (int i = 0; i < order.Length; i++)
            ((Folds == 0 ? i < share : i % Folds == Fold) ? aside : kept).Add(order[i]);
        return ([.. kept.Order()], [.. aside.Order()]);
    }
}
