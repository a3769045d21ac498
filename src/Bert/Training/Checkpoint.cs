using BareBert.Autograd;

namespace BareBert.Bert.Training;

/// <summary>Reads what a checkpoint holds beside the model: Adam's moments and where the run stands.</summary>
internal static class Checkpoint
{
    /// <summary>Reads where the run stands, and the moments into the optimizer.</summary>
    /// <exception cref="InputException">A file is missing, damaged or of another model.</exception>
    public static TrainerState LoadTrainer(string checkpoint, ParameterSet parameters, Optimizer optimizer)
    {
        string directory = AtomicDirectory.Find(checkpoint)
            ?? throw new InputException($"there is nothing to resume: {checkpoint} is missing; give the directory of an earlier run");
        CheckpointSeal.Verify(directory, CheckpointNames.Optimizer, CheckpointNames.TrainerState);
        TrainerState state = TrainerState.Read(Path.Combine(directory, CheckpointNames.TrainerState));
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(directory, CheckpointNames.Optimizer));
        foreach (Parameter parameter in parameters.All.Where(p => p.RequiresGrad))
            optimizer.LoadMoments(parameter, Read(file, MomentsFile.First + parameter.Name, parameter), Read(file, MomentsFile.Second + parameter.Name, parameter));
        return state;
    }

    private static float[] Read(SafetensorsFile file, string name, Parameter of)
    {
        StoredTensor stored = file.Find(name);
        if (stored.Count != of.Value.Count)
            throw new InputException($"the moments are another model's: {file.Path}: {name} is {stored.ShapeText}, not {of.Shape}; resume with the run's own options");
        var values = new float[of.Value.Count];
        file.ReadFloats(name, values);
        return values;
    }
}
