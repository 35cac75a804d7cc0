using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Dispatcher.Process.Tests.Cluster;

/// <summary>
/// Clients as they should be: each gives a job with a key of its own to any node, and gives it again, also to another one, until it is answered. Some jobs need the one before,
/// some get a command, whose reason is found in the journal later.
/// </summary>
internal sealed class ClusterLoad(Func<IReadOnlyList<Uri>> nodes, int seed) : IDisposable
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(50);

    /// <summary>Far longer than any take-over: a request that is not answered by then has failed.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(15) };
    private readonly CancellationTokenSource _end = new();
    private Task _lanes = Task.CompletedTask;
    private int _asked;
    private int _retries;

    /// <summary>Id by key, of what was acknowledged.</summary>
    public ConcurrentDictionary<string, string> Accepted { get; } = new(StringComparer.Ordinal);

    /// <summary>The job by the reason of a command that was acknowledged as done.</summary>
    public ConcurrentDictionary<string, string> Commanded { get; } = new(StringComparer.Ordinal);

    /// <summary>Reasons of commands that may have taken effect: the client was not told.</summary>
    public ConcurrentBag<string> Unknown { get; } = [];

    public ConcurrentBag<string> Faults { get; } = [];

    public int Asked => Volatile.Read(ref _asked);

    public int Retries => Volatile.Read(ref _retries);

    public void Begin(int lanes) => _lanes = Task.WhenAll(Enumerable.Range(0, lanes).Select(lane => Go(new Random(seed + lane))));

    public async Task End()
    {
        await _end.CancelAsync();
        await _lanes;
    }

    public void Dispose()
    {
        _http.Dispose();
        _end.Dispose();
    }

    private async Task Go(Random random)
    {
        string? before = null;
        while (!_end.IsCancellationRequested)
        {
            var number = Interlocked.Increment(ref _asked);
            var id = await Create($"key-{number}", random, random.Next(4) == 0 ? before : null);
            if (id is null) return;
            if (random.Next(5) == 0) await Command(id, $"reason-{number}", random);
            before = id;
        }
    }

    private async Task<string?> Create(string key, Random random, string? dependsOn)
    {
        var workflow = ClusterWorkflows.All[random.Next(ClusterWorkflows.All.Count)].Name;
        var job = new { workflow, idempotency_key = key, depends_on = dependsOn is null ? null : new[] { dependsOn } };
        var give = new Give(Patience);
        while (give.HasTime)
        {
            try
            {
                using var answer = await _http.PostAsJsonAsync(new Uri(Any(random), "/api/v1/jobs"), job);
                var text = await answer.Content.ReadAsStringAsync();
                // Accepted is not made yet, and may still be refused: the same request again tells.
                if (answer.IsSuccessStatusCode && answer.StatusCode != HttpStatusCode.Accepted)
                {
                    var id = JsonElement.Parse(text).GetProperty("id").GetString()!;
                    if (Accepted.GetOrAdd(key, id) != id) Faults.Add($"The key {key} has two jobs: {id} and {Accepted[key]}.");
                    return id;
                }

                if (!IsWorthARetry(answer.StatusCode)) Faults.Add($"{key}: {(int)answer.StatusCode} {text}");
                if (!IsWorthARetry(answer.StatusCode)) return null;
                give.Failed($"{(int)answer.StatusCode} {text}");
            }
            catch (Exception broken) when (broken is HttpRequestException or IOException or TaskCanceledException)
            {
                give.Failed(broken.Message);
            }

            Interlocked.Increment(ref _retries);
            await Task.Delay(RetryDelay, TimeProvider.System);
        }

        Faults.Add($"{key} was not answered in {Patience.TotalSeconds} s; last: {give.Last}");
        return null;
    }

    /// <summary>A new priority, once: the command is not given again, since a client without a version cannot know whether it took effect.</summary>
    private async Task Command(string id, string reason, Random random)
    {
        try
        {
            using var answer = await _http.PostAsJsonAsync(new Uri(Any(random), $"/api/v1/jobs/{id}/priority"), new { priority = random.Next(1, 9), reason });
            if (answer.StatusCode == HttpStatusCode.OK) Commanded[reason] = id;
            else if (answer.StatusCode == HttpStatusCode.Accepted || IsWorthARetry(answer.StatusCode)) Unknown.Add(reason);
            else if (answer.StatusCode != HttpStatusCode.Conflict) Faults.Add($"{reason}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException or TaskCanceledException)
        {
            Unknown.Add(reason);
        }
    }

    private Uri Any(Random random) => nodes() is { Count: > 0 } all ? all[random.Next(all.Count)] : new Uri("http://127.0.0.1:1");

    private static bool IsWorthARetry(HttpStatusCode status) => status is HttpStatusCode.Accepted or HttpStatusCode.TooManyRequests || (int)status >= 500;

    private sealed class Give(TimeSpan patience)
    {
        private readonly long _startedAt = TimeProvider.System.GetTimestamp();

        public bool HasTime => TimeProvider.System.GetElapsedTime(_startedAt) < patience;

        public string Last { get; private set; } = "";

        public void Failed(string how) => Last = how;
    }
}
