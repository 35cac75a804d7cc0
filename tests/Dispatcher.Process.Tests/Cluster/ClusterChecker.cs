using System.Globalization;
using Dispatcher.Coordination.Doctor;
using Dispatcher.Jobs;
using Dispatcher.Process.Tests.Cluster.Loads;
using Dispatcher.Process.Tests.Support;
using Dispatcher.Store;
using Dispatcher.Store.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Dispatcher.Process.Tests.Cluster;

/// <summary>
/// What must hold of a cluster after any faults, told from three witnesses: the journal, what the steps noted outside of it, and what the clients were answered.
/// </summary>
internal static class ClusterChecker
{
    /// <summary>A process that went on after it was frozen needs so long to find out.</summary>
    private static readonly TimeSpan ThawTolerance = TimeSpan.FromSeconds(1.5);

    /// <summary>From the handler's look at the clock to the line, and from an acquisition's to its commit.</summary>
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMilliseconds(20);

    /// <summary>What is broken, as sentences.</summary>
    public static async Task<IReadOnlyList<string>> Faults(ClusterRig rig)
    {
        await using var store = await Open(rig);
        var jobs = await Journal.Read(store);
        var epochs = await ShardEpochs.Read(rig.Database.ConnectionString);
        var (effects, freezes) = (Effect.ReadAll(rig.Directory), rig.Freezes.ToList());
        List<string> faults =
        [
            .. rig.Client.Unanswered,
            .. JournalChecker.Faults(jobs, rig.Loads.SelectMany(load => load.Accepted.Values), mustHaveEnded: true, isCluster: true),
            .. Writers(jobs, epochs),
            .. Effects(jobs, epochs, effects, freezes),
            .. Caps(effects, freezes),
        ];
        foreach (var load in rig.Loads) faults.AddRange(await load.Faults(new ClusterEvidence(store, jobs)));
        if (await store.CompareCounts() is { Count: > 0 } counts) faults.Add($"Counters are wrong: {string.Join(", ", counts)}");
        return faults;
    }

    /// <summary>What <c>dispatcher doctor</c> finds: it looks at each job by itself, and at its account if it is metered.</summary>
    public static async Task<IReadOnlyList<string>> Findings(ClusterRig rig)
    {
        await using var store = await Open(rig);
        var report = await new StoreDoctor(store, store, artifacts: null, TimeProvider.System, new DoctorOptions { Quick = true, IsCluster = true }).Run(null, CancellationToken.None);
        rig.Say(string.Create(CultureInfo.InvariantCulture, $"the doctor has looked at {report.Jobs} jobs"));
        return [.. report.Findings.Select(finding => $"The doctor finds {finding.Problem}: {finding.Detail}")];
    }

    private static Task<PostgresJobStore> Open(ClusterRig rig) =>
        PostgresJobStore.OpenReadOnly(new PostgresStoreOptions { ConnectionString = rig.Database.ConnectionString }, TimeProvider.System, NullLogger.Instance);

    /// <summary>Each event was written by who owned the job's shard in that part of the journal.</summary>
    private static IEnumerable<string> Writers(IReadOnlyList<JobRecord> jobs, ShardEpochs epochs)
    {
        foreach (var job in jobs)
        {
            foreach (var stored in job.Events)
            {
                var owner = epochs.OwnerAt(job.Id, stored.Ordering);
                if (owner?.Incarnation != stored.Writer) yield return $"Job {job.Id}: event {stored.SequenceNr} was written by incarnation {stored.Writer} while {(owner is null ? "nobody" : $"{owner.Incarnation}")} owned its shard.";
            }
        }
    }

    /// <summary>A step that completed really ran, under the epoch of who recorded it; and nobody went on under an epoch that was over.</summary>
    private static IEnumerable<string> Effects(IReadOnlyList<JobRecord> jobs, ShardEpochs epochs, IReadOnlyList<Effect> effects, List<(string Node, DateTimeOffset From, DateTimeOffset To)> freezes)
    {
        var ended = effects.Where(effect => effect.What == Effect.End).Select(effect => (effect.JobId, effect.Step, effect.Attempt, effect.Epoch)).ToHashSet();
        foreach (var job in jobs)
        {
            var noting = job.Plan.Steps.Where(step => step.Handler == EffectHandler.HandlerName).Select(step => step.Id).ToHashSet(StringComparer.Ordinal);
            foreach (var stored in job.Events)
            {
                // A fanned step as a whole has no attempt of its own.
                if (EventCodec.Decode(stored.Type, stored.At, stored.Payload.Span) is not JobEvent.StepCompleted { Attempt: > 0 } completed || !noting.Contains(completed.Step)) continue;
                if (epochs.OwnerAt(job.Id, stored.Ordering) is not { } owner || ended.Contains((job.Id.ToString(), new StepKey(completed.Step, completed.Item).ToString(), completed.Attempt, owner.Epoch))) continue;
                yield return $"Job {job.Id}: attempt {completed.Attempt} of step {completed.Step} is recorded as completed under epoch {owner.Epoch}, and did not end under it.";
            }
        }

        foreach (var effect in effects)
        {
            if (epochs.EndOf(JobId.Parse(effect.JobId), effect.Epoch) is not { } end || effect.At <= end + ClockTolerance) continue;
            if (freezes.Any(freeze => IsOf(effect, freeze.Node) && effect.At >= freeze.To && effect.At - freeze.To < ThawTolerance)) continue;
            yield return $"Job {effect.JobId}: step {effect.Step} {effect.What} at {effect.At:HH:mm:ss.fff} under epoch {effect.Epoch}, which was over since {end:HH:mm:ss.fff}.";
        }
    }

    /// <summary>
    /// Never do more steps of the capped stage run at once than its cap. A step runs from its first line to its last: one that was killed or stopped has none for its end. One of
    /// a frozen process counts until it froze: for longer than a node may trust itself nobody promises anything.
    /// </summary>
    private static IEnumerable<string> Caps(IReadOnlyList<Effect> effects, List<(string Node, DateTimeOffset From, DateTimeOffset To)> freezes)
    {
        var changes = new List<(DateTimeOffset At, int By, string Job)>();
        foreach (var run in effects.Where(effect => effect.Step.StartsWith("each", StringComparison.Ordinal)).GroupBy(effect => (effect.Process, effect.JobId, effect.Step, effect.Attempt, effect.Epoch)))
        {
            var (from, to) = (run.Min(effect => effect.At), run.Max(effect => effect.At));
            foreach (var freeze in freezes) if (IsOf(run.First(), freeze.Node) && from < freeze.From && to > freeze.From) to = freeze.From;
            if (freezes.Exists(freeze => IsOf(run.First(), freeze.Node) && from >= freeze.From && from - freeze.To < ThawTolerance)) continue;
            changes.Add((from, 1, run.Key.JobId));
            changes.Add((to, -1, run.Key.JobId));
        }

        var running = 0;
        foreach (var (at, by, job) in changes.OrderBy(change => change.At).ThenBy(change => change.By))
        {
            running += by;
            if (running > ClusterWorkflows.Cap) yield return $"At {at:HH:mm:ss.fff}, when a step of job {job} began, {running} steps of the stage '{ClusterWorkflows.Capped}' ran, whose cap is {ClusterWorkflows.Cap}.";
        }
    }

    private static bool IsOf(Effect effect, string node) => effect.Process.StartsWith($"effects-{node}-", StringComparison.Ordinal);

    /// <summary>Who owned which shard since when.</summary>
    private sealed class ShardEpochs(int shardCount, ILookup<int, ShardEpochs.Owner> owners)
    {
        public static async Task<ShardEpochs> Read(string connectionString)
        {
            await using var connection = new NpgsqlConnection(connectionString);
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand("SELECT shard, epoch, incarnation, ordering, at FROM dispatcher.shard_epochs ORDER BY shard, epoch", connection);
            await using var reader = await command.ExecuteReaderAsync();
            var all = new List<(int Shard, Owner Owner)>();
            while (await reader.ReadAsync()) all.Add((reader.GetInt32(0), new Owner(reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetFieldValue<DateTimeOffset>(4))));
            return new ShardEpochs(all.Max(owner => owner.Shard) + 1, all.ToLookup(owner => owner.Shard, owner => owner.Owner));
        }

        public Owner? OwnerAt(JobId job, long ordering) => Of(job).LastOrDefault(owner => owner.Ordering < ordering);

        /// <summary>When the next owner came; null if none did.</summary>
        public DateTimeOffset? EndOf(JobId job, long epoch) => Of(job).FirstOrDefault(owner => owner.Epoch > epoch)?.At;

        private IEnumerable<Owner> Of(JobId job) => owners[ShardSet.ShardOf(job, shardCount)];

        public sealed record Owner(long Epoch, long Incarnation, long Ordering, DateTimeOffset At);
    }
}
