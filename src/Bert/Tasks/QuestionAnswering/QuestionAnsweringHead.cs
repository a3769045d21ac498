using BareBert.Autograd;
using BareBert.Autograd.Ops;

namespace BareBert.Bert.Tasks;

/// <summary>Where an answer begins and ends: a linear layer with two scores a token, after DistilBERT's dropout where there is one.</summary>
/// <remarks>Devlin et al. 2018, arXiv:1810.04805, §4.2; <c>qa_outputs</c> of Hugging Face's models.</remarks>
internal sealed class QuestionAnsweringHead
{
    private readonly Parameter _weight, _bias;
    private readonly double _dropout;

    /// <summary>Finds the head's parameters in a model.</summary>
    /// <param name="model">Laid out for <see cref="BertTasks.QuestionAnswering"/>.</param>
    public QuestionAnsweringHead(BertModel model) =>
        (_weight, _bias, _dropout) = (model.Parameters["qa.weight"], model.Parameters["qa.bias"], model.Config.QaDropout);

    /// <summary>The tokens' scores.</summary>
    /// <param name="tape">The step.</param>
    /// <param name="hidden">[tokens, C], the encoder's output.</param>
    /// <param name="inputs">The batch.</param>
    /// <returns>[tokens, 2]: of being the answer's first token, and of being its last.</returns>
    public Variable Logits(Tape tape, Variable hidden, PackedInputs inputs) =>
        Linear.Apply(tape, Dropout.Apply(tape, hidden, _dropout, inputs.FirstToken), _weight, _bias);
}
