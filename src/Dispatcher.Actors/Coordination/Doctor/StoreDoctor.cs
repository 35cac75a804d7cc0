using System.Text.Json;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Steps.Artifacts;
using Dispatcher.Store;
using Dispatcher.Workflows;

namespace Dispatcher.Coordination.Doctor;

/// <summary>
/// Checks everything that must hold in a store, while nobody uses it or beside a running server. Each job is read as of one instant, and one that looks
/// wrong is looked at again before it is reported, since its files and its server are not part of that instant.
/// </summary>
/// <param name="artifacts">Where the files of steps are; null leaves them unchecked.</param>
public sealed class StoreDoctor(IStoreInspection inspection, IJobStore store, IArtifactStore? artifacts, TimeProvider time, DoctorOptions options)
{
    /// <summary>Findings that a report shows; the rest is counted.</summary>
    public const int FindingLimit = 1000;

    private const int PageLimit = 500;
    private const int LiveLooks = 3;

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(200);

    /// <summary>How late a running server may wake a job.</summary>
    private static readonly TimeSpan OverdueAfter = TimeSpan.FromMinutes(5);

    private readonly WorkflowCatalog _workflows = new(store, time);
    private readonly DoctorFindings _findings = new(FindingLimit);
    private long _jobs;
    private long _events;

    /// <summary>Checks everything; once an instance.</summary>
    /// <exception cref="StoreException">The database cannot be read at all.</exception>
    public async Task<DoctorReport> Run(IProgress<DoctorProgress>? progress, CancellationToken cancellation)
    {
        progress?.Report(new DoctorProgress("the file of the database", 0, 0));
        if (await CheckDatabase()) return _findings.Report(_jobs, _events);
        var all = (await store.CountJobs(tenant: null)).Sum(count => count.Jobs);
        var writers = new WriterHistory(await inspection.ReadNodes(), options.IsLive);
        await CheckJobs(writers, all, progress, cancellation);
        if (!options.IsCluster)
        {
            _findings.Add(writers.Findings());
            _findings.Add(writers.TwoAlive());
        }

        progress?.Report(new DoctorProgress("counters and strays", _jobs, all));
        await CheckTables();
        return _findings.Report(_jobs, _events);
    }

    /// <summary>True when the file is damaged: whatever else could be read from it proves nothing.</summary>
    private async ValueTask<bool> CheckDatabase()
    {
        var faults = await FaultsOfFile();
        _findings.Add(faults.Select(fault => new DoctorFinding(DoctorProblem.DatabaseDamaged, null, fault)));
        return faults.Count > 0;
    }

    private async ValueTask<IReadOnlyList<string>> FaultsOfFile()
    {
        try
        {
            return await inspection.CheckIntegrity(options.Quick, FindingLimit);
        }
        catch (StoreException failure)
        {
            return [failure.Message];
        }
    }

    private async ValueTask CheckJobs(WriterHistory writers, long all, IProgress<DoctorProgress>? progress, CancellationToken cancellation)
    {
        JobId? after = null;
        while (await inspection.ReadJobIds(after, PageLimit) is { Count: > 0 } ids)
        {
            foreach (var id in ids)
            {
                cancellation.ThrowIfCancellationRequested();
                _findings.Add(await CheckJob(id, writers));
                _jobs++;
            }

            after = ids[^1];
            progress?.Report(new DoctorProgress("jobs", _jobs, all));
        }
    }

    private async ValueTask<IReadOnlyList<DoctorFinding>> CheckJob(JobId id, WriterHistory writers)
    {
        for (var look = 1; ; look++)
        {
            var (findings, events) = await Look(id, writers);
            if (findings.Count == 0 || !options.IsLive || look == LiveLooks)
            {
                _events += events;
                return findings;
            }

            await Task.Delay(BetweenLooks, time);
        }
    }

    private async ValueTask<(IReadOnlyList<DoctorFinding> Findings, long Events)> Look(JobId id, WriterHistory writers)
    {
        var (plan, unreadable) = await PlanOf(id);
        var history = new HistoryExamination(plan, writers);
        var findings = new List<DoctorFinding>(unreadable);
        var row = await inspection.InspectJob(id, (job, events) =>
        {
            findings.AddRange(history.Run(job, events));
            if (job.RowFault is { } fault) findings.Add(new DoctorFinding(DoctorProblem.RowUnreadable, id, fault));
            if (history.State is { } state) findings.AddRange(StateExamination.Examine(job, state));
            return job.Row;
        });
        if (row is null && history.Events == 0) return ([], 0);
        if (history.State is { } folded && artifacts is not null) findings.AddRange(ArtifactExamination.Examine(folded, artifacts));
        if (history.State is { } metered && store is IQuotaStore quotas) findings.AddRange(await QuotaExamination.Examine(metered, quotas));
        if (IsOverdue(row)) findings.Add(new DoctorFinding(DoctorProblem.Overdue, id, $"The job wanted to be woken at {row!.WakeAt:O}."));
        return (findings, history.Events);
    }

    private bool IsOverdue(JobRow? row) => options.IsLive && row is { WakeAt: { } at } && at != JobRow.Active && at < time.GetUtcNow() - OverdueAfter;

    /// <summary>The plan that the job's first event pins. Without a readable first event there is none, and the examination says why.</summary>
    private async ValueTask<(JobPlan? Plan, IEnumerable<DoctorFinding> Findings)> PlanOf(JobId id)
    {
        var first = await store.ReadEvents(id, 0, 1);
        if (first is not [{ SequenceNr: 1 } created]) return (null, []);
        try
        {
            if (EventCodec.Decode(created.Type, created.At, created.Payload.Span) is not JobEvent.Submitted submitted) return (null, []);
            var reference = submitted.Spec.Workflow;
            return await _workflows.Find(reference.Hash) is { } workflow
                ? (workflow.Plan, [])
                : (null, [new DoctorFinding(DoctorProblem.JobUnreadable, id, $"The workflow {reference.Name} version {reference.Version} ({reference.Hash}) is not in the store.")]);
        }
        catch (Exception failure) when (failure is UnknownEventException or JsonException or WorkflowDefinitionException)
        {
            return (null, [new DoctorFinding(DoctorProblem.JobUnreadable, id, $"Event 1 ({created.Type}) cannot be read: {failure.Message}")]);
        }
    }

    private async ValueTask CheckTables()
    {
        if (store is IQuotaStore quotas) _findings.Add((await quotas.CheckQuotas(FindingLimit)).Select(fault => new DoctorFinding(DoctorProblem.QuotaWrong, null, fault)));
        _findings.Add((await inspection.CompareCounts()).Select(difference => new DoctorFinding(
            DoctorProblem.CounterWrong,
            null,
            $"Tenant {difference.Tenant}, workflow {difference.WorkflowName}, {difference.Status}: the counter says {difference.Counter:N0}, and there are {difference.Jobs:N0}.")));
        _findings.Add((await inspection.ReadStrays(FindingLimit)).Select(stray => stray.Table switch
        {
            "inbox" => new DoctorFinding(DoctorProblem.StrayMessage, stray.Job, "A message waits for this job, which is not stored."),
            "inbox-asleep" => new DoctorFinding(DoctorProblem.SleepingMail, stray.Job, "The job has mail, and its wake-up time is not now."),
            _ => new DoctorFinding(DoctorProblem.StrayRow, stray.Job, $"A row in {stray.Table} names this job, which is not stored."),
        }));
    }
}
