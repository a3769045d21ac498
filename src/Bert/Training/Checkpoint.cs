using BareBert.Autograd;

namespace BareBert.Bert.Training;

/// <summary>What a checkpoint holds beside the model: Adam's moments and where the run stands.</summary>
internal static class Checkpoint
{
    private const string First = "first_moment.", Second = "second_moment.";

    /// <summary>Writes optimizer.safetensors and trainer_state.json.</summary>
    public static void SaveTrainer(string directory, ParameterSet parameters, TrainerState state)
    {
        var writer = new SafetensorsWriter();
        foreach (Parameter parameter in parameters.All.Where(p => p.RequiresGrad))
        {
            (Tensor first, Tensor second) = parameters.MomentsOf(parameter);
            long[] shape = [.. Enumerable.Range(0, parameter.Shape.Rank).Select(i => (long)parameter.Shape[i])];
            writer.Add(First + parameter.Name, shape, () => first.ToArray<float>());
            writer.Add(Second + parameter.Name, shape, () => second.ToArray<float>());
        }
        AtomicFile.Write(Path.Combine(directory, CheckpointNames.Optimizer), writer.WriteTo);
        AtomicFile.WriteText(Path.Combine(directory, CheckpointNames.TrainerState), state.ToJson());
    }

    /// <summary>Reads them back: the moments into the parameter set.</summary>
    /// <exception cref="InputException">A file is missing, damaged or of another model.</exception>
    public static TrainerState LoadTrainer(string checkpoint, ParameterSet parameters)
    {
        string directory = AtomicDirectory.Find(checkpoint)
            ?? throw new InputException($"there is nothing to resume: {checkpoint} is missing; give the directory of an earlier run");
        CheckpointSeal.Verify(directory, CheckpointNames.Optimizer, CheckpointNames.TrainerState);
        TrainerState state = TrainerState.Read(Path.Combine(directory, CheckpointNames.TrainerState));
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(directory, CheckpointNames.Optimizer));
        foreach (Parameter parameter in parameters.All.Where(p => p.RequiresGrad))
        {
            (Tensor first, Tensor second) = parameters.MomentsOf(parameter);
            Read(file, First + parameter.Name, first);
            Read(file, Second + parameter.Name, second);
        }
        return state;
    }

    private static void Read(SafetensorsFile file, string name, Tensor into)
    {
        StoredTensor stored = file.Find(name);
        if (stored.Count != into.Count)
            throw new InputException($"the moments are another model's: {file.Path}: {name} is {stored.ShapeText}, not {into.Shape}; resume with the run's own options");
        var values = new float[into.Count];
        file.ReadFloats(name, values);
        into.Upload<float>(values);
    }
}
