using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Dispatcher.Jobs;

namespace Dispatcher.Process.Tests.Cluster.Loads;

/// <summary>Jobs of all shapes. Some need the one before, some get a command, whose reason is found in the journal later.</summary>
internal sealed class PlainLoad(ClusterClient client, int seed) : ClusterLoad(client, seed)
{
    /// <summary>The job by the reason of a command that was acknowledged as done.</summary>
    private readonly ConcurrentDictionary<string, string> _commanded = new(StringComparer.Ordinal);

    /// <summary>Reasons of commands that may have taken effect: the client was not told.</summary>
    private readonly ConcurrentBag<string> _unknown = [];

    private int _asked;

    public override string Summary => string.Create(CultureInfo.InvariantCulture, $"{Accepted.Count} jobs accepted, {_commanded.Count} commands");

    protected override async Task Go(int lane, Random random)
    {
        string? before = null;
        while (!IsEnding)
        {
            var number = Interlocked.Increment(ref _asked);
            var workflow = ClusterWorkflows.All[random.Next(ClusterWorkflows.All.Count)].Name;
            var key = $"key-{number}";
            var (id, answer) = await Create(key, new { workflow, idempotency_key = key, depends_on = before is not null && random.Next(4) == 0 ? new[] { before } : null }, random);
            if (id is null)
            {
                if (answer is not null) Note($"{key}: {answer}");
                return;
            }

            if (random.Next(5) == 0) await Command(id, $"reason-{number}", random);
            before = id;
        }
    }

    /// <summary>What a client was told to have taken effect is there once, and what it was not told of at most once.</summary>
    protected override Task<IReadOnlyList<string>> Check(ClusterEvidence evidence)
    {
        var found = evidence.Jobs.SelectMany(job => job.Decoded).OfType<JobEvent.PriorityChanged>()
            .GroupBy(changed => changed.Reason!, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Count(), StringComparer.Ordinal);
        var faults = new List<string>();
        foreach (var (reason, job) in _commanded)
            if (found.GetValueOrDefault(reason) != 1) faults.Add($"The command '{reason}' to job {job} was acknowledged, and took effect {found.GetValueOrDefault(reason)} times.");
        foreach (var reason in _unknown)
            if (found.GetValueOrDefault(reason) > 1) faults.Add($"The command '{reason}' took effect {found[reason]} times.");
        return Task.FromResult<IReadOnlyList<string>>(faults);
    }

    /// <summary>A new priority, once: the command is not given again, since a client without a version cannot know whether it took effect.</summary>
    private async Task Command(string id, string reason, Random random)
    {
        var answer = await Client.GiveOnce(HttpMethod.Post, $"/api/v1/jobs/{id}/priority", new { priority = random.Next(1, 9), reason }, random);
        if (answer is not { WasTaken: true }) _unknown.Add(reason);
        else if (answer.Status == HttpStatusCode.OK) _commanded[reason] = id;
        else if (answer.Status != HttpStatusCode.Conflict) Note($"{reason}: {answer}");
    }
}
