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
/// The contract's jobs among those of the engine. A job of the contract is all revisions that carry its number as a label, and the newest one is what callers see; nothing about
/// them is kept here.
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
    public async ValueTask<VideoJob?> Find(string id, string tenant) =>
        TryNumber(id, out var number) && await Revisions(number, tenant) is { Count: > 0 } revisions ? await Read(revisions[0], tenant) : null;

    /// <summary>The newest revision that has a video; null if none has.</summary>
    public async ValueTask<VideoJob?> FindCompleted(string id, string tenant)
    {
        if (!TryNumber(id, out var number)) return null;
        return (await Revisions(number, tenant)).FirstOrDefault(row => row.Status == JobStatus.Completed) is { } row ? await Read(row, tenant) : null;
    }

    public async ValueTask<bool> Exists(string id, string tenant) => TryNumber(id, out var number) && (await Revisions(number, tenant)).Count > 0;

    /// <summary>The newest revision's row; null if the tenant has no such job.</summary>
    public async ValueTask<JobRow?> FindRow(string id, string tenant) => TryNumber(id, out var number) && await Revisions(number, tenant) is [var newest, ..] ? newest : null;

    public async ValueTask<VideoJob?> Read(JobRow row, string tenant) => await Read(row.Id, tenant);

    public async ValueTask<VideoJob?> Read(JobId id, string tenant) =>
        await reader.Find(id, tenant) is { State: { } state } && IsOurs(state.Spec) ? new VideoJob(state, VideoDocument.Read(state.Spec)) : null;

    /// <summary>A page of the tenant's videos that are there, newest first, each job once.</summary>
    public async ValueTask<IReadOnlyList<JobRow>> Completed(string tenant, IReadOnlyList<string> terms, Func<JobRow, bool> isWanted, int offset, int limit)
    {
        var (found, seen) = (new List<JobRow>(), new HashSet<string>(StringComparer.Ordinal));
        JobId? before = null;
        while (true)
        {
            var page = await engine.Store.ListJobs(new JobQuery { Tenant = tenant, WorkflowName = WorkflowName, Status = JobStatus.Completed, Terms = terms, Before = before, Limit = 200 });
            foreach (var row in page.Rows.Where(row => NumberOf(row) is { } number && isWanted(row) && seen.Add(number)))
            {
                if (seen.Count <= offset) continue;
                found.Add(row);
                if (found.Count == limit) return found;
            }

            if (page.Next is null) return found;
            before = page.Next;
        }
    }

    public static string? NumberOf(JobRow row) => row.Labels?.GetValueOrDefault(NumberLabel);

    public static int RevisionOf(JobRow row) => int.TryParse(row.Labels?.GetValueOrDefault(RevisionLabel), NumberStyles.None, CultureInfo.InvariantCulture, out var revision) ? revision : 0;

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

    public Task<CommandReply> Submit(JobSpec spec, Principal by) => engine.Gateway.Submit(spec, by);

    public Task<CommandReply> Approve(JobId id, Caller caller, HttpContext http) =>
        engine.Gateway.Send(id, new JobCommand.Approve(caller.PrincipalFrom(http), null, engine.Gateway.Now), new CommandGuard(caller.Tenant, null));

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

    /// <summary>Newest first.</summary>
    private async ValueTask<IReadOnlyList<JobRow>> Revisions(long number, string tenant)
    {
        var text = number.ToString(CultureInfo.InvariantCulture);
        var rows = new List<JobRow>();
        JobId? before = null;
        do
        {
            var page = await engine.Store.ListJobs(new JobQuery { Tenant = tenant, WorkflowName = WorkflowName, Terms = [JobTerms.Spell($"{NumberLabel}={text}")], Before = before, Limit = RevisionLimit });
            rows.AddRange(page.Rows.Where(row => NumberOf(row) == text));
            before = page.Next;
        }
        while (before is not null);
        rows.Sort((left, right) => RevisionOf(right).CompareTo(RevisionOf(left)));
        return rows;
    }

    /// <summary>Somebody may have given a job of his own our labels; the key he cannot have given as well, for it is claimed.</summary>
    private static bool IsOurs(JobSpec spec) => spec.Workflow.Name == WorkflowName && spec.Input is not null && spec.IdempotencyKey?.StartsWith($"{Contract}:", StringComparison.Ordinal) == true;
}
