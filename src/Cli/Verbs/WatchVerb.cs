using System.CommandLine;
using BareBert.Cli.Display;
using BareBert.Watch;

namespace BareBert.Cli.Verbs;

/// <summary>barebert watch: a page of all runs, live.</summary>
internal static class WatchVerb
{
    public const string Help = """
        Watch runs in a browser: curves as they grow, several runs over one another, options that differ, evaluations, reports.
        Nothing is written into the runs. The page is for this machine alone unless --host says otherwise. Ctrl-C ends it.

        Examples:
          barebert watch
          barebert watch runs/ --port 8000
          barebert watch runs/pretrain-1
          barebert watch --host 0.0.0.0
        """;

    public static Command Create()
    {
        var standard = new WatchOptions();
        var root = new Argument<string>("directory") { Description = "The folder of runs, or a run.", DefaultValueFactory = _ => standard.Root, HelpName = "DIR" };
        var host = new Option<string>("--host") { Description = "The address to listen on. All who reach it can read the runs: localhost is this machine alone.", DefaultValueFactory = _ => standard.Host, HelpName = "ADDRESS" };
        var port = new Option<int>("--port") { Description = "The port; 0: any that is free.", DefaultValueFactory = _ => standard.Port, HelpName = "N" };
        port.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 0 or > ushort.MaxValue)
                result.AddError($"--port {result.GetValueOrDefault<int>()} is no port: give 0 to {ushort.MaxValue}");
        });
        var verb = new Command("watch", Help) { root, host, port };
        verb.SetAction((parsed, cancel) => StartAsync(new WatchOptions { Root = parsed.GetValue(root)!, Host = parsed.GetValue(host)!, Port = parsed.GetValue(port) }, cancel));
        return verb;
    }

    private static async Task<int> StartAsync(WatchOptions options, CancellationToken cancel)
    {
        try
        {
            return await RunAsync(options, cancel);
        }
        catch (FileNotFoundException e) when (e.FileName?.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal) == true)
        {
            throw new InputException("no web server is packed into this file: run watch with an installed barebert, the folder of runs copied there", e);
        }
    }

    private static async Task<int> RunAsync(WatchOptions options, CancellationToken cancel)
    {
        await using var server = new WatchServer(options);
        await server.StartAsync(cancel);
        Console.WriteLine($"{server.Address} shows the runs in {options.Root}; Ctrl-C ends it");
        if (server.Runs == 0)
            Notes.Print($"there is no run in {options.Root}{(Directory.Exists(options.Root) ? "" : ", nor such a folder,")} yet: the page shows runs as they come");
        try
        {
            await server.Watching.WaitAsync(cancel);
        }
        catch (OperationCanceledException)
        {
        }
        return ExitCodes.Success;
    }
}
