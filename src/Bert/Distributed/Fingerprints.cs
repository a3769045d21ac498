namespace BareBert.Bert.Distributed;

/// <summary>What has to be the same in all processes for their results to be one run's.</summary>
internal static class Fingerprints
{
    /// <summary>Compares what the processes have.</summary>
    /// <param name="group">Its members all call this, with the same names.</param>
    /// <param name="parts">What is compared: a name for the message, and a text that is equal where the thing is.</param>
    /// <exception cref="InputException">One has something else than process 0.</exception>
    public static void Require(IProcessGroup group, IReadOnlyList<(string Name, string Text)> parts)
    {
        if (group.Size == 1)
            return;
        string[] all = group.GatherTexts(string.Join('\n', parts.Select(part => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(part.Text))))));
        string[] first = all[0].Split('\n'), hosts = group.GatherTexts(Environment.MachineName);
        for (int part = 0; part < parts.Count; part++)
        {
            int other = Array.FindIndex(all, text => text.Split('\n')[part] != first[part]);
            if (other >= 0)
                throw new InputException($"process {other} on {hosts[other]} has {parts[part].Name} other than process 0 on {hosts[0]}: give all hosts the same program, data, vocabulary, model and options").Agreed();
        }
    }
}
