namespace BareBert.Bert;

/// <summary>Start and end of an answer in a context.</summary>
internal sealed class QuestionAnsweringDefinition : TaskDefinition
{
    public override string Name => "qa";

    public override string ClassSuffix => "ForQuestionAnswering";

    public override string PipelineTag => "question-answering";

    public override string? PeftType => "QUESTION_ANS";

    public override void AddHead(HeadParameters head) => head.AddLinear("qa", "qa_outputs", 2, head.Config.HiddenSize);
}
