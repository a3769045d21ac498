using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace BareBert.Bert.Exchange.Hub;

/// <summary>
/// Requests to a hub: with the user's token where they go to the hub itself, tried again with longer and longer waits while it is busy
/// or cannot be reached, refusals as one line.
/// </summary>
internal sealed class HubConnection : IDisposable
{
    private const int Tries = 6, MostRedirects = 5;

    private readonly HttpClient _client;
    private readonly HubSettings _settings;
    private readonly CancellationToken _cancel;

    public HubConnection(HubSettings settings, CancellationToken cancel)
    {
        (_settings, _cancel) = (settings, cancel);
        // Redirects are followed by hand: the token must not go to the storage that they lead to.
        _client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(10), PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
        {
            Timeout = Timeout.InfiniteTimeSpan, // a large file may take hours; what stalls is ended request by request
        };
        _client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("barebert", typeof(HubConnection).Assembly.GetName().Version!.ToString(3)));
    }

    /// <summary>The address of a path at the hub.</summary>
    public Uri At(string path) => new($"{_settings.Endpoint}/{path}");

    /// <summary>Waits before the n-th try: 1, 2, 4, … seconds, or as long as the hub asked for.</summary>
    public void Wait(int attempt, TimeSpan? asked = null)
    {
        double seconds = Math.Min(asked?.TotalSeconds ?? Math.Pow(2, attempt), 60);
        if (_cancel.WaitHandle.WaitOne(TimeSpan.FromSeconds(seconds * _settings.Patience)))
            throw new OperationCanceledException(_cancel);
    }

    /// <summary>Does something that a broken connection may end, again and again.</summary>
    /// <param name="what">For the message.</param>
    /// <param name="action">Must be able to go on or to begin again.</param>
    /// <exception cref="RunException">It never went well.</exception>
    public T Retry<T>(string what, Func<T> action)
    {
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                return action();
            }
            catch (Exception e) when (IsBroken(e))
            {
                _cancel.ThrowIfCancellationRequested();
                if (attempt == Tries - 1)
                    throw new HubUnreachableException($"cannot reach {_settings.Endpoint}: {what}: {Reason(e)}; tried {Tries} times, try again later", e);
                Wait(attempt);
            }
        }
    }

    /// <summary>Sends a request until it is answered; an answer that is an error is thrown.</summary>
    /// <param name="what">For messages: the repository or file.</param>
    /// <param name="make">Makes the request anew for each try.</param>
    /// <param name="follows">Whether redirects are followed.</param>
    /// <param name="allows">A status that is no error here.</param>
    /// <returns>An answer of 2xx, or of 3xx where they are not followed, or 416, or the one allowed. Its body is not read yet.</returns>
    /// <exception cref="InputException">The hub refuses: no such thing, no permission.</exception>
    /// <exception cref="RunException">It cannot be reached, or fails.</exception>
    public HttpResponseMessage Send(string what, Func<HttpRequestMessage> make, bool follows = true, int allows = 0) => Retry(what, () =>
    {
        for (int attempt = 0; ; attempt++)
        {
            HttpResponseMessage answer = SendOnce(make, follows);
            bool isBusy = answer.StatusCode == HttpStatusCode.TooManyRequests || (int)answer.StatusCode >= 500;
            if (!isBusy || attempt == Tries - 1)
                return answer.IsSuccessStatusCode || (int)answer.StatusCode is (>= 300 and < 400) or 416 || (int)answer.StatusCode == allows ? answer : throw Refusal(what, answer);
            TimeSpan? asked = answer.Headers.RetryAfter?.Delta;
            answer.Dispose();
            Wait(attempt, asked);
        }
    });

    /// <summary>Sends a request and reads its answer, a JSON object.</summary>
    public JsonElement SendForJson(string what, Func<HttpRequestMessage> make)
    {
        using HttpResponseMessage answer = Send(what, make);
        try
        {
            using Stream body = answer.Content.ReadAsStream(_cancel);
            using JsonDocument document = JsonDocument.Parse(body);
            return document.RootElement.Clone();
        }
        catch (Exception e) when (e is JsonException || IsBroken(e))
        {
            throw new RunException($"{_settings.Endpoint} gave no answer that can be read: {what}: it is not JSON; try again later", e);
        }
    }

    /// <summary>Whether an exception is of the network.</summary>
    public static bool IsBroken(Exception e) => e is HttpRequestException or HttpIOException;

    public void Dispose() => _client.Dispose();

    private HttpResponseMessage SendOnce(Func<HttpRequestMessage> make, bool follows)
    {
        HttpRequestMessage request = make();
        for (int redirects = 0; ; redirects++)
        {
            // The port alone does not tell https from http, where the token would travel in clear.
            var hub = new Uri(_settings.Endpoint);
            bool isHub = request.RequestUri!.Scheme == hub.Scheme && request.RequestUri.Authority == hub.Authority;
            if (isHub && _settings.Token is not null)
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _settings.Token);
            HttpResponseMessage answer = Within(request.Content is null, timeout => _client.Send(request, HttpCompletionOption.ResponseHeadersRead, timeout));
            bool isRedirect = (int)answer.StatusCode is 301 or 302 or 303 or 307 or 308 && answer.Headers.Location is not null;
            // A redirect within the hub is a repository's new name, for everybody.
            if (!isRedirect || !(follows || IsRelative(answer.Headers.Location!)))
                return answer;
            if (redirects == MostRedirects)
            {
                answer.Dispose();
                throw new RunException($"{_settings.Endpoint} redirects from place to place: {request.RequestUri}; is it the hub (HF_ENDPOINT), or a proxy that wants something?");
            }
            HttpRequestMessage next = make();
            next.RequestUri = new Uri(request.RequestUri, answer.Headers.Location!);
            if (next.RequestUri.Scheme != Uri.UriSchemeHttps && next.RequestUri.Scheme != Uri.UriSchemeHttp)
                return answer;
            answer.Dispose();
            request = next;
        }
    }

    /// <summary>Reads some of a body; one that stalls is a broken connection.</summary>
    public int Read(Stream body, byte[] buffer)
    {
        try
        {
            return Within(isLimited: true, timeout => body.ReadAsync(buffer, timeout).AsTask().GetAwaiter().GetResult());
        }
        catch (IOException e) when (e is not HttpIOException)
        {
            // As a disk does, a connection that breaks says so as an I/O error.
            throw new HttpRequestException(e.Message, e);
        }
    }

    private T Within<T>(bool isLimited, Func<CancellationToken, T> action)
    {
        using var source = CancellationTokenSource.CreateLinkedTokenSource(_cancel);
        if (isLimited)
            source.CancelAfter(_settings.Stall);
        try
        {
            return action(source.Token);
        }
        catch (OperationCanceledException e) when (!_cancel.IsCancellationRequested)
        {
            throw new HttpRequestException($"no answer for {_settings.Stall.TotalSeconds:g3} seconds", e);
        }
    }

    private static bool IsRelative(Uri location) => !location.IsAbsoluteUri;

    private Exception Refusal(string what, HttpResponseMessage answer)
    {
        string code = answer.Headers.TryGetValues("X-Error-Code", out IEnumerable<string>? codes) ? codes.First() : "";
        int status = (int)answer.StatusCode;
        answer.Dispose();
        string hub = _settings.Endpoint;
        return (code, status) switch
        {
            ("GatedRepo", _) => new InputException($"a gated repository: {what}: ask for access at {hub}/{what.Split('@', ':')[0]}, then give your token (`Token` or HF_TOKEN)"),
            ("RevisionNotFound", _) => new InputException($"no such revision: {what} at {hub}; leave it out for the newest"),
            ("EntryNotFound", _) => new InputException($"no such file: {what} at {hub}"),
            ("RepoNotFound", _) => new InputException(_settings.Token is null
                ? $"no such repository, or a private one: {what} at {hub}; check the name, or give your token (`Token` or HF_TOKEN)"
                : $"no such repository, or one that this token may not read: {what} at {hub}; check the name"),
            (_, 401) => new InputException(_settings.Token is null
                ? $"{hub} asks who you are: {what}; give your token (`Token` or HF_TOKEN)"
                : $"{hub} does not accept the token: {what}; make a new one at {hub}/settings/tokens"),
            (_, 403) => new InputException($"{hub} refuses: {what}; the token has no permission for this"),
            (_, 404) => new InputException($"{hub} has no {what}; check the name"),
            _ => new RunException($"{hub} answers {status}: {what}; try again later"),
        };
    }

    private static string Reason(Exception e) => (e.InnerException ?? e).Message.ReplaceLineEndings(" ").TrimEnd('.');
}

/// <summary>The hub cannot be reached: what was fetched before may do.</summary>
internal sealed class HubUnreachableException(string message, Exception inner) : Exception(message, inner);
