namespace BareBert.Autograd;

/// <summary>Is told during backward of gradients that are complete, so that something can be done with them while others are still computed.</summary>
public interface IGradientWatch
{
    /// <summary>Backward begins: the gradients of all parameters but these are complete already.</summary>
    /// <param name="awaited">The parameters that ops of the tape work with.</param>
    void Begins(IReadOnlyCollection<Parameter> awaited);

    /// <summary>Nothing is added to a parameter's gradient any more.</summary>
    void IsComplete(Parameter parameter);
}
