using BareBert.Bert.Exchange.Hub;
using Spectre.Console;

namespace BareBert.Cli.Display;

/// <summary>Shows files on their way from the hub or to it: a bar for each on a terminal, nothing elsewhere.</summary>
internal static class HubTransfer
{
    /// <summary>Does the transfer.</summary>
    /// <param name="transfer">Is given what to tell its progress.</param>
    public static T Run<T>(Func<Action<HubProgress>?, T> transfer)
    {
        if (Console.IsErrorRedirected)
            return transfer(null);
        var bars = new Dictionary<string, ProgressTask>();
        return Plain.Console(onError: true).Progress().AutoClear(true)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new DownloadedColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
            .Start(context => transfer(progress =>
            {
                if (!bars.TryGetValue(progress.File, out ProgressTask? bar))
                    bars.Add(progress.File, bar = context.AddTask(Markup.Escape(progress.File)));
                (bar.MaxValue, bar.Value) = (Math.Max(1, progress.Total), progress.Done);
            }));
    }
}
