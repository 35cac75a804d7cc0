using System.Net;
using System.Net.Http.Headers;
using System.Net.Mime;
using System.Text;
using System.Text.Json;
using Dispatcher.Host.Commands;

namespace Dispatcher.Host.Remote;

/// <summary>The REST gateway of a server, for commands. Every refusal becomes a <see cref="CommandException"/> with the exit code that fits it.</summary>
internal sealed class ApiClient : IDisposable
{
    private readonly HttpClient _http;
    private readonly string _api;

    /// <param name="key">An API key or token; null for a server without keys.</param>
    public ApiClient(Uri server, string? key)
    {
        (Server, Key) = (server, key);
        _api = new Uri(server, "/api/v1/").ToString();
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(10) })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        if (key is not null) _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    public Uri Server { get; }

    /// <summary>For other clients of the same server.</summary>
    public string? Key { get; }

    /// <param name="path">Below <c>/api/v1/</c>, with its query.</param>
    public Task<JsonElement> Get(string path) => Send(new HttpRequestMessage(HttpMethod.Get, At(path)));

    /// <param name="body">UTF-8 JSON, or null for none.</param>
    /// <param name="ifMatch">The version that the job must have.</param>
    public Task<JsonElement> Post(string path, string? body, long? ifMatch = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, At(path)) { Content = Json(body) };
        if (ifMatch is { } version) request.Headers.IfMatch.Add(new EntityTagHeaderValue($"\"{version}\""));
        return Send(request);
    }

    public Task<JsonElement> Put(string path, string body, string mediaType) =>
        Send(new HttpRequestMessage(HttpMethod.Put, At(path)) { Content = new StringContent(body, Encoding.UTF8, mediaType) });

    public Task<JsonElement> Delete(string path) => Send(new HttpRequestMessage(HttpMethod.Delete, At(path)));

    /// <summary>Whether the server takes work, in its word for it: <c>ready</c>, <c>recovering</c> or <c>stopping</c>.</summary>
    public async Task<(bool IsReady, string Status)> Health()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Server, "/health/ready"));
        using var answer = await Reach(request, HttpCompletionOption.ResponseContentRead, CancellationToken.None);
        var health = Parse(await answer.Content.ReadAsStringAsync());
        return (answer.IsSuccessStatusCode, health.TryGetProperty("status", out var status) ? status.ToString() : "unknown");
    }

    /// <summary>An answer whose body is read as it comes.</summary>
    /// <param name="lastEventId">Where a stream of events goes on; null for its beginning.</param>
    public async Task<HttpResponseMessage> Open(string path, string? lastEventId, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, At(path));
        if (lastEventId is not null) request.Headers.Add("Last-Event-ID", lastEventId);
        var answer = await Reach(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        if (!answer.IsSuccessStatusCode) throw ApiFault.Of(answer.StatusCode, await answer.Content.ReadAsStringAsync(cancellation));
        return answer;
    }

    public void Dispose() => _http.Dispose();

    /// <summary>Made whole here: a relative <c>jobs:bulk</c> would read as an address of the scheme <c>jobs</c>.</summary>
    private Uri At(string path) => new(_api + path);

    private static StringContent? Json(string? body) => body is null ? null : new StringContent(body, Encoding.UTF8, MediaTypeNames.Application.Json);

    private async Task<JsonElement> Send(HttpRequestMessage request)
    {
        using (request)
        {
            using var answer = await Reach(request, HttpCompletionOption.ResponseContentRead, CancellationToken.None);
            var text = await answer.Content.ReadAsStringAsync();
            if (!answer.IsSuccessStatusCode) throw ApiFault.Of(answer.StatusCode, text);
            return answer.StatusCode == HttpStatusCode.NoContent || text.Length == 0 ? default : Parse(text);
        }
    }

    private async Task<HttpResponseMessage> Reach(HttpRequestMessage request, HttpCompletionOption completion, CancellationToken cancellation)
    {
        try
        {
            return await _http.SendAsync(request, completion, cancellation);
        }
        catch (HttpRequestException failure)
        {
            throw new CommandException(ExitCode.Failed, $"The server {Server} cannot be reached: {failure.Message} Is `dispatcher serve` running there?");
        }
    }

    private JsonElement Parse(string text)
    {
        try
        {
            return JsonElement.Parse(text);
        }
        catch (JsonException)
        {
            throw new CommandException(ExitCode.Failed, $"{Server} does not answer as Dispatcher does. Is the address right?");
        }
    }
}
