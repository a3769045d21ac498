namespace BareBert.Bert.Training;

/// <summary>
/// Writes checkpoints and the best model, whole or not at all. Of several processes the first makes the folder, writes the model, and puts the folder
/// in its place; moments are written by all.
/// </summary>
internal sealed class RunSaver(ITrainingTask task, Optimizer optimizer, RunDirectory run, TrainerOptions options)
{
    private readonly IProcessGroup _group = options.Group;

    /// <summary>Replaces the checkpoint.</summary>
    /// <param name="state">Where the run stands.</param>
    /// <param name="lastSaved">The step of the checkpoint that is there; -1: none.</param>
    public void Save(TrainerState state, int lastSaved)
    {
        DirectoryReplacement? checkpoint = null; // process 0's
        try
        {
            _group.First(() => checkpoint = new DirectoryReplacement(run.Checkpoint));
            using (var moments = new MomentsFile(AtomicDirectory.PartialOf(run.Checkpoint), task.Parameters, optimizer, _group))
            {
                Together(() =>
                {
                    checkpoint?.Fill(folder => WriteRest(folder, state));
                    moments.WriteOwn();
                });
                Together(moments.WriteOthers);
            }
            _group.First(() =>
            {
                checkpoint!.Fill(CheckpointSeal.Write);
                checkpoint.Commit(keepOldAs: options.Keep > 1 && lastSaved >= 0 && lastSaved < state.Step ? run.EarlierCheckpoint(lastSaved) : null);
                run.KeepCheckpoints(options.Keep);
            });
        }
        finally
        {
            checkpoint?.Dispose();
        }
    }

    /// <summary>Replaces the best model by the one that is trained.</summary>
    public void SaveBest() => _group.First(() => AtomicDirectory.Replace(run.Best, directory =>
    {
        task.SaveModel(directory);
        CheckpointSeal.Write(directory);
    }));

    /// <summary>
    /// What is wrong with the best model that was saved; empty where nothing is. One that is damaged is put aside: it must not stand before what the run ends with,
    /// and somebody may yet have a use for it.
    /// </summary>
    /// <exception cref="InputException">It cannot be read.</exception>
    public string LossOfBest() => _group.First(() =>
    {
        if (AtomicDirectory.Find(run.Best) is not { } folder)
            return $"{run.Best} is not there";
        if (DamageOf(folder) is not { } damage)
            return "";
        string aside = Enumerable.Range(1, int.MaxValue).Select(i => $"{run.Best}.lost-{i}").First(name => !Path.Exists(name));
        Disk.Write(aside, () => Directory.Move(folder, aside));
        return $"{damage}; it is kept as {aside}";
    });

    private static string? DamageOf(string model)
    {
        try
        {
            return CheckpointSeal.Verify(model).Count > 0 || Directory.EnumerateFiles(model, "*.safetensors").Any() ? null : $"{model} holds no weights";
        }
        catch (InputException e) when (e.InnerException is DamagedCheckpointException)
        {
            return e.Message.Split(';')[0];
        }
    }

    private void WriteRest(string folder, TrainerState state)
    {
        task.SaveModel(folder);
        AtomicFile.WriteText(Path.Combine(folder, CheckpointNames.TrainerState), state.ToJson());
    }

    // What fails in one process fails in all.
    private void Together(Action write) => _group.Turn(_ => true, () =>
    {
        Disk.Write(run.Checkpoint, write);
        return "";
    });
}
