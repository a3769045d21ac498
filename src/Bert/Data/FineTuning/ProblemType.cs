namespace BareBert.Bert.Data;

/// <summary>What the labels of texts mean: <c>problem_type</c> of config.json.</summary>
public enum ProblemType
{
    /// <summary>One class of several holds.</summary>
    SingleLabel,

    /// <summary>Each of several labels holds or not.</summary>
    MultiLabel,

    /// <summary>One number or more.</summary>
    Regression,
}
