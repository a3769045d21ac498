namespace BareBert.Bert.Exchange.Hub;

/// <summary>Where the hub is, who asks, and where files are kept: the environment variables of Hugging Face's client library.</summary>
/// <remarks>https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables.</remarks>
public sealed record HubSettings
{
    /// <summary>The hub's address, without a slash at its end: HF_ENDPOINT.</summary>
    public string Endpoint { get; init; } = "https://huggingface.co";

    /// <summary>The user's token; null: nobody's.</summary>
    public string? Token { get; init; }

    /// <summary>The folder of the cache: HF_HUB_CACHE, or "hub" in HF_HOME.</summary>
    public required string Cache { get; init; }

    /// <summary>Whether nothing is fetched: HF_HUB_OFFLINE.</summary>
    public bool IsOffline { get; init; }

    /// <summary>What the wait before another try is multiplied by.</summary>
    public double Patience { get; init; } = 1;

    /// <summary>How long nothing may come before a connection counts as broken.</summary>
    public TimeSpan Stall { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The settings of this process.</summary>
    /// <param name="token">A token that was given; null: HF_TOKEN, else the file that huggingface-cli login writes.</param>
    public static HubSettings FromEnvironment(string? token = null)
    {
        string endpoint = (Variable("HF_ENDPOINT") ?? "https://huggingface.co").TrimEnd('/');
        if (!Uri.TryCreate(endpoint, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https"))
            throw new InputException($"HF_ENDPOINT {Printable.Quote(endpoint)} is no address: give one as https://huggingface.co");
        return new HubSettings
        {
            Endpoint = endpoint,
            Token = token ?? Variable("HF_TOKEN") ?? FromFile(Variable("HF_TOKEN_PATH") ?? Path.Combine(HubFolders.Home, "token")),
            Cache = HubFolders.Cache,
            IsOffline = Variable("HF_HUB_OFFLINE")?.ToUpperInvariant() is "1" or "TRUE" or "YES" or "ON",
        };
    }

    // Records print what they hold; a token is nothing to print.
    private bool PrintMembers(System.Text.StringBuilder builder)
    {
        builder.Append(Endpoint).Append(", ").Append(Cache);
        return true;
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static string? FromFile(string path)
    {
        try
        {
            return File.Exists(path) && File.ReadAllText(path).Trim() is { Length: > 0 } token ? token : null;
        }
        catch (Exception e) when (Disk.IsRefusal(e))
        {
            throw InputFiles.CannotRead(path, e);
        }
    }
}
