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
    /// <exception cref="InputException">A variable is wrong, or the token is none.</exception>
    public static HubSettings FromEnvironment(string? token = null)
    {
        string endpoint = (Variable("HF_ENDPOINT") ?? "https://huggingface.co").TrimEnd('/');
        if (!Uri.TryCreate(endpoint, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https"))
            throw new InputException($"HF_ENDPOINT {Printable.Quote(endpoint)} is no address: give one as https://huggingface.co");
        return new HubSettings
        {
            Endpoint = endpoint,
            Token = WellFormed(token ?? Variable("HF_TOKEN") ?? FromFile(Variable("HF_TOKEN_PATH") ?? Path.Combine(HubFolders.Home, "token"))),
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

    // A header has printable ASCII alone; what secrets are kept in adds a line's end.
    private static string? WellFormed(string? token) => token?.Trim() is not { Length: > 0 } trimmed ? null
        : trimmed.All(c => c is > ' ' and < '\x7F') ? trimmed
        : throw new InputException("the hub's token has characters that no token has (blanks, line ends, letters beyond ASCII): copy it anew, to `Token` or HF_TOKEN");

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static string? FromFile(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllText(path) : null;
        }
        catch (Exception e) when (Disk.IsRefusal(e))
        {
            throw InputFiles.CannotRead(path, e);
        }
    }
}
