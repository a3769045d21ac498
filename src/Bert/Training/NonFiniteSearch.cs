using BareBert.Autograd;

namespace BareBert.Bert.Training;

/// <summary>
/// Finds what made the loss of a step, or its gradient, no number. A step is a function of (seed, step): run again, with every op looked at, it fails at the
/// same place.
/// </summary>
internal sealed class NonFiniteSearch(ITrainingTask task, IProcessGroup group, Tape tape, ulong seed)
{
    /// <summary>The first op of any process whose output or gradient is no number, in words.</summary>
    public string In(TakenStep step)
    {
        task.Parameters.Grads.Zero();
        task.Seek(step.Epoch, step.StepInEpoch);
        task.NextWindow(CancellationToken.None);
        return group.GatherTexts(Own(step)).FirstOrDefault(found => found != "") ?? "the optimizer's sum of squares";
    }

    // Of this process's micro-batches; "": none.
    private string Own(TakenStep step)
    {
        try
        {
            (int first, int end) = Share.Of(group).Of(task.MicroBatches);
            for (int i = first; i < end; i++)
                task.ForwardBackward(tape, TapeMode.Training(seed, (uint)step.Number - 1) with { CheckFinite = true }, i);
            return "";
        }
        catch (NonFiniteException e)
        {
            return e.Message;
        }
    }
}
