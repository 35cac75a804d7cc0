using System.Collections.Concurrent;
using System.Globalization;

namespace Dispatcher.Process.Tests.Cluster.Loads;

/// <summary>Schedules that are due every second or two, one for each policy. A client for each makes it, looks at its numbers, and pauses it in the end.</summary>
internal sealed class ScheduledLoad(ClusterClient client, int seed) : ClusterLoad(client, seed)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(500);

    /// <summary>With all nodes up a schedule fires again by then.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>A firing that had begun when its schedule was paused has made its run by then.</summary>
    private static readonly TimeSpan LastFiring = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, ScheduleReading> _last = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _broken = new(StringComparer.Ordinal);

    public override string Summary => string.Create(
        CultureInfo.InvariantCulture, $"{_last.Count} schedules fired {_last.Values.Sum(last => last.Fired)} times, {_last.Values.Sum(last => last.Skipped)} left out, {_last.Values.Sum(last => last.Missed)} missed");

    protected override async Task Lay(Random random)
    {
        foreach (var kind in ScheduleKind.All)
        {
            await Register(kind.Id, kind.Workflow, random);
            // PUT, since a request that is given again must not be refused for its own first try.
            await Need(HttpMethod.Put, $"/api/v1/schedules/{kind.Id}", kind.Definition, random);
        }
    }

    protected override async Task Go(int lane, Random random)
    {
        var kind = ScheduleKind.All[lane];
        while (!IsEnding)
        {
            await Look(kind, random);
            await Pause(LookEvery);
        }

        await LookUntilItFires(kind, random);
        await Need(HttpMethod.Post, $"/api/v1/schedules/{kind.Id}/pause", null, random);
        await Task.Delay(LastFiring, TimeProvider.System);
    }

    protected override Task<IReadOnlyList<string>> Check(ClusterEvidence evidence) => Task.FromResult<IReadOnlyList<string>>(
        [.. ScheduleKind.All.SelectMany(kind => _last.TryGetValue(kind.Id, out var last) ? ScheduleChecker.Faults(kind, last, evidence.Jobs) : [$"Schedule {kind.Id} was never seen."])]);

    private async Task LookUntilItFires(ScheduleKind kind, Random random)
    {
        var (startedAt, fired) = (TimeProvider.System.GetTimestamp(), (await Look(kind, random))?.Fired);
        while ((await Look(kind, random))?.Fired < fired + 2)
        {
            if (TimeProvider.System.GetElapsedTime(startedAt) > Patience)
            {
                Note($"Schedule {kind.Id} does not fire any more: {_last[kind.Id]}.");
                return;
            }

            await Task.Delay(LookEvery, TimeProvider.System);
        }
    }

    private async Task<ScheduleReading?> Look(ScheduleKind kind, Random random)
    {
        if (await Need(HttpMethod.Get, $"/api/v1/schedules/{kind.Id}", null, random) is not { } answer) return null;
        var reading = ScheduleReading.Of(answer.Json);
        // Once: what does not add up will not add up later.
        if (!_broken.ContainsKey(kind.Id) && reading.FaultOf(kind) is { } fault && _broken.TryAdd(kind.Id, fault)) Note($"Schedule {kind.Id}: {fault}.");
        return _last[kind.Id] = reading;
    }
}
