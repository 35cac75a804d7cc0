using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Dispatcher.Process.Tests.Cluster;

/// <summary>A client as it should be: gives a request to any node, and gives it again, also to another one, until it is answered.</summary>
internal sealed class ClusterClient(Func<IReadOnlyList<Uri>> nodes) : IDisposable
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(50);

    /// <summary>Far longer than any take-over: a request that is not answered by then has failed.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(15) };
    private int _retries;

    /// <summary>Requests that nobody answered, as sentences.</summary>
    public ConcurrentBag<string> Unanswered { get; } = [];

    public int Retries => Volatile.Read(ref _retries);

    /// <summary>Gives a request until it is answered.</summary>
    /// <param name="body">A text is a workflow in YAML, anything else becomes JSON; null for none.</param>
    /// <returns>Null if nobody answered in a minute, which is a fault and noted.</returns>
    public async Task<ClusterAnswer?> Give(HttpMethod method, string path, object? body, Random random)
    {
        var startedAt = TimeProvider.System.GetTimestamp();
        var last = "";
        for (var isFirst = true; TimeProvider.System.GetElapsedTime(startedAt) < Patience; isFirst = false)
        {
            var (answer, failure) = await Try(method, path, body, random);
            // Accepted is not done yet, and may still be refused: the same request again tells.
            if (answer is { WasTaken: true }) return answer with { WasInDoubt = !isFirst };
            last = answer?.ToString() ?? failure;
            Interlocked.Increment(ref _retries);
            await Task.Delay(RetryDelay, TimeProvider.System);
        }

        Unanswered.Add($"{method} {path} was not answered in {Patience.TotalSeconds} s; last: {last}");
        return null;
    }

    /// <summary>Gives a request once; null if it was not answered.</summary>
    public async Task<ClusterAnswer?> GiveOnce(HttpMethod method, string path, object? body, Random random) => (await Try(method, path, body, random)).Answer;

    public void Dispose() => _http.Dispose();

    private async Task<(ClusterAnswer? Answer, string Failure)> Try(HttpMethod method, string path, object? body, Random random)
    {
        try
        {
            using var content = ContentOf(body);
            using var request = new HttpRequestMessage(method, new Uri(Any(random), path)) { Content = content };
            using var answer = await _http.SendAsync(request);
            return (new ClusterAnswer(answer.StatusCode, await answer.Content.ReadAsStringAsync()), "");
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException or TaskCanceledException)
        {
            return (null, broken.Message);
        }
    }

    private static HttpContent? ContentOf(object? body) => body switch
    {
        null => null,
        string yaml => new StringContent(yaml, Encoding.UTF8, "application/yaml"),
        _ => JsonContent.Create(body),
    };

    private Uri Any(Random random) => nodes() is { Count: > 0 } all ? all[random.Next(all.Count)] : new Uri("http://127.0.0.1:1");
}

/// <summary>What a node said.</summary>
internal sealed record ClusterAnswer(HttpStatusCode Status, string Text)
{
    /// <summary>True when an earlier try of the request may have taken effect, or may still.</summary>
    public bool WasInDoubt { get; init; }

    /// <summary>False for what is worth another try: nobody has decided yet.</summary>
    public bool WasTaken => Status is not (HttpStatusCode.Accepted or HttpStatusCode.TooManyRequests) && (int)Status < 500;

    public bool IsSuccess => (int)Status is >= 200 and < 300;

    public JsonElement Json => JsonElement.Parse(Text);

    public override string ToString() => $"{(int)Status} {Text}";
}
