using BareBert.Kernels;

namespace BareBert.Bert.Tasks;

/// <summary>Start and end of an answer in a context.</summary>
internal sealed class QuestionAnsweringDefinition : FineTuningDefinition
{
    public override string Name => "qa";

    public override string ClassSuffix => "ForQuestionAnswering";

    public override string PipelineTag => "question-answering";

    public override IReadOnlyList<string> BestBy => ["f1", "em", "loss"];

    public override int UsualEpochs => 2;

    public override string? PeftType => "QUESTION_ANS";

    public override void Validate(BertConfig config) => Segments.RequireTwo(config, "questions with their contexts");

    public override void AddHead(HeadParameters head) => head.AddLinear("qa", "qa_outputs", 2, head.Config.HiddenSize);

    public override Type OptionsType => typeof(QuestionAnsweringOptions);

    internal override FineTuningRun Open(FineTunerOptions options, IKernels kernels, Action<string> notice) => new QuestionAnsweringRun(options, kernels).Open(notice);
}
