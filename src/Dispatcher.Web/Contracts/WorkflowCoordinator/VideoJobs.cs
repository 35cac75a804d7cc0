using System.Collections.Immutable;
using System.Globalization;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Web.Access;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Jobs.Reading;
using Dispatcher.Web.Requests;
using Microsoft.AspNetCore.Http;

namespace Dispatcher.Web.Contracts.WorkflowCoordinator;

/// <summary>A revision of a video: a job of the engine, and its input.</summary>
internal sealed record VideoJob(JobState State, VideoDocument Document)
{
    public string Status => Pipeline.StatusOf(State.Status);

    public DateTimeOffset InsertedAt => Document.InsertedAt ?? State.CreatedAt;
}

/// <summary>
/// The contract's jobs among those of the engine. A job of the contract is all revisions of its number, and the newest one is what callers see; nothing about them is kept here. They
/// are found by their labels, which anybody may give a job of his own, and known by their idempotency keys, which nobody else may.
/// </summary>
internal sealed class VideoJobs(DispatcherEngine engine, JobReader reader)
{
    /// <summary>The name of the workflow that makes a video, in the tenant's registry or in that of the tenant <c>default</c>.</summary>
    public const string WorkflowName = "video-scenes";

    public const string Contract = "workflow-coordinator";

    /// <summary>Revisions that one job may have.</summary>
    public const int RevisionLimit = 100;

    public const string NumberLabel = "coordinator_job";
    public const string RevisionLabel = "coordinator_revision";
    public const string CampaignLabel = "campaign";
    public const string ClientLabel = "client";

    /// <summary>The newest revision of the job that a path names; null if the tenant has none.</summary>
    public ValueTask<VideoJob?> Find(string id, string tenant) => Newest(id, tenant, static _ => true);

    /// <summary>The newest revision that has a video; null if none has.</summary>
    public ValueTask<VideoJob?> FindCompleted(string id, string tenant) => Newest(id, tenant, static row => row.Status == JobStatus.Completed);

    /// <summary>The revision that this job of the engine is; null if it is none of the tenant's.</summary>
    public async ValueTask<VideoJob?> Read(JobId id, string tenant) =>
        await reader.Find(id, tenant) is { State: { } state } && state.Spec.Workflow.Name == WorkflowName && VideoDocument.TryRead(state.Spec.Input) is { } document
        && state.Spec.IdempotencyKey == KeyOf(document.Number, document.Revision)
            ? new VideoJob(state, document)
            : null;

    /// <summary>A page of the tenant's videos that are there, newest first, each job once.</summary>
    public async ValueTask<IReadOnlyList<VideoJob>> Completed(string tenant, IReadOnlyList<string> terms, Func<JobRow, bool> isWanted, int offset, int limit)
    {
        var (found, seen) = (new List<VideoJob>(), new HashSet<long>());
        JobId? before = null;
        while (true)
        {
            var page = await engine.Store.ListJobs(new JobQuery { Tenant = tenant, WorkflowName = WorkflowName, Status = JobStatus.Completed, Terms = terms, Before = before, Limit = 200 });
            foreach (var row in page.Rows)
            {
                if (!TryNumber(LabelOf(row, NumberLabel), out var number) || seen.Contains(number) || !isWanted(row)) continue;
                if (await Read(row.Id, tenant) is not { } job || !seen.Add(job.Document.Number) || seen.Count <= offset) continue;
                found.Add(job);
                if (found.Count == limit) return found;
            }

            if (page.Next is null) return found;
            before = page.Next;
        }
    }

    public static string LabelOf(JobRow row, string label) => row.Labels?.GetValueOrDefault(label) ?? "";

    /// <summary>What a new job or revision pins; null if nobody has registered the workflow.</summary>
    public async ValueTask<WorkflowReference?> Workflow(string tenant) =>
        await engine.Node.Workflows.FindReference(tenant, WorkflowName, null) ?? await engine.Node.Workflows.FindReference(Caller.DefaultTenant, WorkflowName, null);

    public static JobSpec SpecOf(VideoDocument document, WorkflowReference workflow, RequestOrigin origin) => new()
    {
        Tenant = origin.Tenant,
        Workflow = workflow,
        Input = document.ToJson(),
        Labels = LabelsOf(document),
        IdempotencyKey = KeyOf(document.Number, document.Revision),
        CorrelationId = origin.CorrelationId,
        TraceParent = origin.TraceParent,
    };

    /// <param name="approves">Approves it as well.</param>
    public Task<CommandReply> Submit(JobSpec spec, Principal by, bool approves = false) => engine.Gateway.Submit(spec, by, approves: approves);

    public Task<CommandReply> Approve(VideoJob job, Caller caller, HttpContext http) =>
        engine.Gateway.Send(job.State.Id, new JobCommand.Approve(caller.PrincipalFrom(http), null, engine.Gateway.Now), new CommandGuard(caller.Tenant, null));

    /// <summary>Gives a revision that waits for its approval another input, if it is still as it was read.</summary>
    public Task<CommandReply> Amend(VideoJob job, VideoDocument document, string reason, Caller caller, HttpContext http) => engine.Gateway.Send(
        job.State.Id, new JobCommand.Amend(document.ToJson(), caller.PrincipalFrom(http), reason, engine.Gateway.Now), new CommandGuard(caller.Tenant, job.State.SequenceNr));

    /// <summary>Only the canonical spelling of a number, so that one job has one address.</summary>
    public static bool TryNumber(string id, out long number) =>
        long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number > 0 && number.ToString(CultureInfo.InvariantCulture) == id;

    private static string KeyOf(long number, int revision) =>
        revision == 1 ? JobNumber.KeyOf(Contract, number) : string.Create(CultureInfo.InvariantCulture, $"{JobNumber.KeyOf(Contract, number)}:r{revision}");

    private static ImmutableSortedDictionary<string, string> LabelsOf(VideoDocument document)
    {
        var labels = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        labels[NumberLabel] = document.Number.ToString(CultureInfo.InvariantCulture);
        labels[RevisionLabel] = document.Revision.ToString(CultureInfo.InvariantCulture);
        labels[CampaignLabel] = document.Campaign.ToString("D");
        if (document.Client is { } client) labels[ClientLabel] = client;
        return labels.ToImmutable();
    }

    private async ValueTask<VideoJob?> Newest(string id, string tenant, Func<JobRow, bool> isWanted)
    {
        if (!TryNumber(id, out var number)) return null;
        foreach (var row in (await Labelled(id, tenant)).Where(isWanted))
        {
            if (await Read(row.Id, tenant) is { } job && job.Document.Number == number) return job;
        }

        return null;
    }

    /// <summary>Jobs that say they are revisions of a number, newest first.</summary>
    private async ValueTask<IReadOnlyList<JobRow>> Labelled(string number, string tenant)
    {
        var rows = new List<JobRow>();
        JobId? before = null;
        do
        {
            var page = await engine.Store.ListJobs(new JobQuery { Tenant = tenant, WorkflowName = WorkflowName, Terms = [JobTerms.Spell($"{NumberLabel}={number}")], Before = before, Limit = RevisionLimit });
            rows.AddRange(page.Rows.Where(row => LabelOf(row, NumberLabel) == number));
            before = page.Next;
        }
        while (before is not null);
        rows.Sort((left, right) => RevisionOf(right).CompareTo(RevisionOf(left)));
        return rows;
    }

    private static int RevisionOf(JobRow row) => int.TryParse(LabelOf(row, RevisionLabel), NumberStyles.None, CultureInfo.InvariantCulture, out var revision) ? revision : 0;
}
