namespace BareBert.Bert.Models;

/// <summary>How the attention of a new model begins.</summary>
public enum AttentionInit
{
    /// <summary>All weights drawn alone, as BERT's: scores are about zero, so a token reads the mean of its sequence.</summary>
    Drawn,

    /// <summary>Queries and keys alike: a token attends to its like, where it stands does not matter (<see cref="AlikeInit"/>).</summary>
    Alike,

    /// <summary>Each head looks at a neighbour of its own (<see cref="NeighbourInit"/>).</summary>
    Neighbours,
}
