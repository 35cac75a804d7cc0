using System.Text.Json;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Web.Hosting;

namespace Dispatcher.Web.Jobs.Reading;

/// <summary>
/// Reads jobs for a tenant: from the job's actor if it is in memory, else folded from the journal. A reading never brings a job into memory, so
/// that looking at old jobs costs nothing that stays.
/// </summary>
internal sealed class JobReader(DispatcherEngine engine)
{
    /// <summary>Events that are read at once when a journal is folded from its beginning.</summary>
    private const int PageLimitEvents = 1000;

    /// <summary>Histories that are in memory at once, when many jobs are read.</summary>
    public const int HistoriesLimit = 50;

    /// <summary>The job; null if the tenant has none with this id.</summary>
    public async ValueTask<JobReading?> Find(JobId id, string tenant)
    {
        if (await engine.Gateway.InspectLoaded(id, tenant) is { State: { } state } inspection) return new JobReading(state, inspection);
        return await engine.Store.ReadHistory(id) is { } history ? await Read(id, tenant, history) : null;
    }

    /// <summary>The same of several jobs, in the order of the ids: those that are not in memory with one question for each <see cref="HistoriesLimit"/>.</summary>
    public async ValueTask<IReadOnlyList<JobReading?>> FindAll(IReadOnlyList<JobId> ids, string tenant)
    {
        var found = new JobReading?[ids.Count];
        var stored = new List<int>();
        for (var i = 0; i < found.Length; i++)
        {
            if (await engine.Gateway.InspectLoaded(ids[i], tenant) is { State: { } state } inspection) found[i] = new JobReading(state, inspection);
            else stored.Add(i);
        }

        foreach (var places in stored.Chunk(HistoriesLimit))
        {
            var histories = await engine.Store.ReadHistories([.. places.Select(place => ids[place])]);
            foreach (var (place, history) in places.Zip(histories))
            {
                if (history is not null) found[place] = await Read(ids[place], tenant, history);
            }
        }

        return found;
    }

    /// <summary>The job that was made with this idempotency key; null if the tenant has none.</summary>
    public ValueTask<JobId?> FindByKey(string key, string tenant) => engine.Store.FindHolder(Claim.OnKey(tenant, key));

    /// <summary>The job as of its n-th event, or of its last one if it has fewer; null if the tenant has no such job.</summary>
    public async ValueTask<JobReading?> FindAt(JobId id, string tenant, long sequenceNr)
    {
        try
        {
            return await Fold(id, sequenceNr) is { } state && state.Spec.Tenant == tenant ? new JobReading(state, null) : null;
        }
        catch (Exception exception) when (exception is JobParkedException or UnknownEventException or JsonException)
        {
            return await FindParked(id, tenant, exception.Message);
        }
    }

    /// <summary>The job's row; null if the tenant has no such job.</summary>
    public async ValueTask<JobRow?> FindRow(JobId id, string tenant) =>
        await engine.Store.FindJob(id) is { } row && row.Tenant == tenant ? row : null;

    /// <summary>Why this server or the job's own cannot take the job further; null if they can. Of a job that is not in memory here its row tells.</summary>
    public async ValueTask<string?> WhyParked(JobReading job, JobId id, string tenant)
    {
        if (job.State is not { } state) return job.View().Parked;
        if (job.Inspection is { } inspection) return inspection.Parked;
        return !state.Status.IsTerminal() && await FindRow(id, tenant) is { WaitsFor: JobRow.ParkedForHandler } ? "this server has no handler for one of its steps." : null;
    }

    private async ValueTask<JobReading?> Read(JobId id, string tenant, JobHistory history)
    {
        if (history.Snapshot is { } snapshot && snapshot.Version != SnapshotCodec.Version) return await FindAt(id, tenant, long.MaxValue);
        try
        {
            var (stored, _) = await JobLoader.Load(history, engine.Node.Workflows);
            return stored.Spec.Tenant == tenant ? new JobReading(stored, null) : null;
        }
        catch (JobParkedException exception)
        {
            return await FindParked(id, tenant, exception.Message);
        }
    }

    private async ValueTask<JobState?> Fold(JobId id, long last)
    {
        JobState? state = null;
        while ((state?.SequenceNr ?? 0) < last)
        {
            var after = state?.SequenceNr ?? 0;
            var page = await engine.Store.ReadEvents(id, after, (int)Math.Min(PageLimitEvents, last - after));
            if (page.Count == 0) break;
            state = state is null ? (await JobLoader.Load(new JobHistory(id, null, 0, page), engine.Node.Workflows)).State : JobLoader.Fold(state, page);
        }

        return state;
    }

    private async ValueTask<JobReading?> FindParked(JobId id, string tenant, string reason) =>
        await FindRow(id, tenant) is { } row ? new JobReading(JobViews.Parked(row, reason)) : null;
}

/// <summary>A job that was read: its state, and what its actor adds; or only what can be shown of one that is parked.</summary>
internal sealed class JobReading
{
    private readonly JobView? _parked;

    public JobReading(JobState state, JobInspection? inspection) => (State, Inspection) = (state, inspection);

    public JobReading(JobView parked) => _parked = parked;

    /// <summary>Null for a job whose journal this program does not understand.</summary>
    public JobState? State { get; }

    public JobInspection? Inspection { get; }

    public long Version => State?.SequenceNr ?? _parked!.Version;

    public JobView View() => _parked ?? JobViews.Of(State!, Inspection);

    public JobView ViewAt() => _parked ?? JobViews.At(State!);
}
