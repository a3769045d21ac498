namespace BareBert.Bert.Models;

/// <summary>How a parameter group learns.</summary>
/// <param name="Decays">Weight decay applies.</param>
/// <param name="Factor">Multiplies the learning rate: below 1 for lower layers in layer-wise decay.</param>
public readonly record struct GroupRate(bool Decays, double Factor = 1);
