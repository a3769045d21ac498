namespace BareBert.Bert.Training;

/// <summary>Writes a run's checkpoints and its best model, whole or not at all. Of several processes the first writes; the others send what it lacks.</summary>
internal sealed class RunSaver(ITrainingTask task, Optimizer optimizer, OptimizerShards? shards, RunDirectory run, TrainerOptions options)
{
    private readonly IProcessGroup _group = options.Group;

    /// <summary>Replaces the checkpoint.</summary>
    /// <param name="state">Where the run stands.</param>
    /// <param name="lastSaved">The step of the checkpoint that is there; -1: none.</param>
    public void Save(TrainerState state, int lastSaved)
    {
        if (shards is null)
            _group.First(() => Write(state, lastSaved));
        else
            _group.Turn(_ => true, () => WriteSharded(shards, state, lastSaved));
    }

    /// <summary>Replaces the best model by the one that is trained.</summary>
    public void SaveBest() => _group.First(() => AtomicDirectory.Replace(run.Best, directory =>
    {
        task.SaveModel(directory);
        CheckpointSeal.Write(directory);
    }));

    private void Write(TrainerState state, int lastSaved)
    {
        AtomicDirectory.Replace(run.Checkpoint, directory =>
        {
            task.SaveModel(directory);
            Checkpoint.SaveTrainer(directory, task.Parameters, optimizer, state);
            CheckpointSeal.Write(directory);
        }, keepOldAs: options.Keep > 1 && lastSaved >= 0 && lastSaved < state.Step ? run.EarlierCheckpoint(lastSaved) : null);
        run.KeepCheckpoints(options.Keep);
    }

    // The others send their moments as they are written; those of a file that could not be written too, as they wait until they are rid of them.
    private string WriteSharded(OptimizerShards collected, TrainerState state, int lastSaved)
    {
        bool isFirst = _group.Rank == 0;
        collected.Collected = 0;
        try
        {
            if (isFirst)
                Write(state, lastSaved);
        }
        catch
        {
            Checkpoint.CollectMoments(task.Parameters, optimizer, skip: collected.Collected);
            throw;
        }
        if (!isFirst)
            Checkpoint.CollectMoments(task.Parameters, optimizer, skip: 0);
        return "";
    }
}
