using System.Collections.Concurrent;
using Dispatcher.Process.Tests.Support;
using Dispatcher.Store.Postgres;

namespace Dispatcher.Process.Tests.Cluster.Loads;

/// <summary>One kind of load on a cluster: what its clients ask for and are answered, and what must hold of that when all jobs have ended.</summary>
internal abstract class ClusterLoad(ClusterClient client, int seed) : IDisposable
{
    private readonly ConcurrentBag<string> _noted = [];
    private readonly CancellationTokenSource _end = new();
    private Task _lanes = Task.CompletedTask;

    /// <summary>Id by key, of the jobs that were acknowledged.</summary>
    public ConcurrentDictionary<string, string> Accepted { get; } = new(StringComparer.Ordinal);

    /// <summary>What it has done, for people.</summary>
    public abstract string Summary { get; }

    protected ClusterClient Client { get; } = client;

    protected bool IsEnding => _end.IsCancellationRequested;

    /// <param name="lanes">Clients at once.</param>
    public void Begin(int lanes) => _lanes = Run(lanes);

    /// <summary>No client asks for anything more; what was asked has been answered.</summary>
    public async Task End()
    {
        await _end.CancelAsync();
        await _lanes;
    }

    /// <summary>What does not hold, as sentences.</summary>
    public async Task<IReadOnlyList<string>> Faults(ClusterEvidence evidence) => [.. _noted, .. await Check(evidence)];

    public void Dispose() => _end.Dispose();

    /// <summary>Lays ready what the clients need.</summary>
    protected virtual Task Lay(Random random) => Task.CompletedTask;

    /// <summary>One client, until the load is ending.</summary>
    protected abstract Task Go(int lane, Random random);

    protected abstract Task<IReadOnlyList<string>> Check(ClusterEvidence evidence);

    protected void Note(string fault) => _noted.Add(fault);

    /// <summary>Makes a job, once whatever happens.</summary>
    /// <returns>What came of it, a refusal too; null if nobody answered.</returns>
    protected async Task<(string? Id, ClusterAnswer? Answer)> Create(string key, object job, Random random)
    {
        var answer = await Client.Give(HttpMethod.Post, "/api/v1/jobs", job, random);
        if (answer is not { IsSuccess: true }) return (null, answer);
        var id = answer.Json.GetProperty("id").GetString()!;
        if (Accepted.GetOrAdd(key, id) != id) Note($"The key {key} has two jobs: {id} and {Accepted[key]}.");
        return (id, answer);
    }

    /// <summary>Gives a request that must succeed; null if it does not, which is noted.</summary>
    protected async Task<ClusterAnswer?> Need(HttpMethod method, string path, object? body, Random random)
    {
        if (await Client.Give(method, path, body, random) is not { } answer) return null;
        if (answer.IsSuccess) return answer;
        Note($"{method} {path}: {answer}");
        return null;
    }

    protected Task Register(string workflow, string yaml, Random random) => Need(HttpMethod.Put, $"/api/v1/workflows/{workflow}/versions/1", yaml, random);

    /// <summary>Waits, or less when the load is ending.</summary>
    protected async Task Pause(TimeSpan time)
    {
        try
        {
            await Task.Delay(time, TimeProvider.System, _end.Token);
        }
        catch (OperationCanceledException)
        {
            // It is ending.
        }
    }

    private async Task Run(int lanes)
    {
        await Lay(new Random(seed));
        await Task.WhenAll(Enumerable.Range(0, lanes).Select(lane => Go(lane, new Random(seed + lane))));
    }
}

/// <summary>What is left of a run: the store, and all its jobs in the order of their creation.</summary>
internal sealed record ClusterEvidence(PostgresJobStore Store, IReadOnlyList<JobRecord> Jobs);
