using BareBert.Autograd;

namespace BareBert.Bert.Training;

/// <summary>What a checkpoint holds beside the model: Adam's moments and where the run stands.</summary>
internal static class Checkpoint
{
    private const string First = "first_moment.", Second = "second_moment.";

    /// <summary>Writes optimizer.safetensors and trainer_state.json.</summary>
    public static void SaveTrainer(string directory, ParameterSet parameters, Optimizer optimizer, TrainerState state)
    {
        AtomicFile.Write(Path.Combine(directory, CheckpointNames.Optimizer), MomentsWriter(parameters, optimizer).WriteTo);
        AtomicFile.WriteText(Path.Combine(directory, CheckpointNames.TrainerState), state.ToJson());
    }

    /// <summary>Asks for all moments in the order in which they are written, as processes do of which another one writes.</summary>
    /// <param name="parameters">Whose.</param>
    /// <param name="optimizer">Has them, or part of them.</param>
    /// <param name="skip">How many have been asked for.</param>
    public static void CollectMoments(ParameterSet parameters, Optimizer optimizer, int skip) => MomentsWriter(parameters, optimizer, skip).WriteTo(Stream.Null);

    private static SafetensorsWriter MomentsWriter(ParameterSet parameters, Optimizer optimizer, int skip = 0)
    {
        int asked = 0;
        var writer = new SafetensorsWriter();
        foreach (Parameter parameter in parameters.All.Where(p => p.RequiresGrad))
        {
            (Func<float[]> first, Func<float[]> second) = optimizer.MomentsOf(parameter);
            long[] shape = [.. Enumerable.Range(0, parameter.Shape.Rank).Select(i => (long)parameter.Shape[i])];
            writer.Add(First + parameter.Name, shape, () => asked++ < skip ? new float[parameter.Value.Count] : first());
            writer.Add(Second + parameter.Name, shape, () => asked++ < skip ? new float[parameter.Value.Count] : second());
        }
        return writer;
    }

    /// <summary>Reads them back: the moments into the optimizer.</summary>
    /// <exception cref="InputException">A file is missing, damaged or of another model.</exception>
    public static TrainerState LoadTrainer(string checkpoint, ParameterSet parameters, Optimizer optimizer)
    {
        string directory = AtomicDirectory.Find(checkpoint)
            ?? throw new InputException($"there is nothing to resume: {checkpoint} is missing; give the directory of an earlier run");
        CheckpointSeal.Verify(directory, CheckpointNames.Optimizer, CheckpointNames.TrainerState);
        TrainerState state = TrainerState.Read(Path.Combine(directory, CheckpointNames.TrainerState));
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(directory, CheckpointNames.Optimizer));
        foreach (Parameter parameter in parameters.All.Where(p => p.RequiresGrad))
        {
            optimizer.LoadMoments(parameter, Read(file, First + parameter.Name, parameter), Read(file, Second + parameter.Name, parameter));
        }
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
