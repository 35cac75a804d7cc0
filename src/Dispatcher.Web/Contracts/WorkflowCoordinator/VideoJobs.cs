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
/// The contract's jobs among those of the engine. A job of the contract is all revisions of its number, and the newest one is what callers see; nothing about them is kept here.
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

    /// <summary>Times that something is done anew, because somebody else was faster.</summary>
    public const int RaceLimit = 20;

    /// <summary>The newest revision of the job that a path names; null if the tenant has none.</summary>
    /// <exception cref="ParkedJobException">This server cannot read that revision. An older one is not the job.</exception>
    public async ValueTask<VideoJob?> Find(string id, string tenant) => TryNumber(id, out var number) ? await First(await RowsOf(tenant).Revisions(number), tenant) : null;

    /// <summary>The newest revision that has a video; null if none has.</summary>
    /// <exception cref="ParkedJobException">This server cannot read it.</exception>
    public async ValueTask<VideoJob?> FindCompleted(string id, string tenant) => TryNumber(id, out var number) ? await First(await RowsOf(tenant).CompletedRevisions(number), tenant) : null;

    /// <summary>The revision that this job of the engine is; null if it is none of the tenant's.</summary>
    /// <exception cref="ParkedJobException">This server cannot read it.</exception>
    public async ValueTask<VideoJob?> Read(JobId id, string tenant) =>
        await reader.Find(id, tenant) is { } reading ? Of(reading.State ?? throw new ParkedJobException(reading)) : null;

    /// <summary>The same for who tells of many jobs: one that this server cannot read is left out.</summary>
    public async ValueTask<VideoJob?> ReadIfReadable(JobId id, string tenant) => await reader.Find(id, tenant) is { State: { } state } ? Of(state) : null;

    /// <summary>A page of the tenant's videos that are there, newest first, each job once. One that cannot be read, or is no video any more, keeps its place and is left out.</summary>
    public async ValueTask<IReadOnlyList<VideoJob>> Completed(string tenant, IReadOnlyList<string> terms, Func<JobRow, bool> isWanted, int offset, int limit)
    {
        var ids = await RowsOf(tenant).Completed(terms, isWanted).Skip(offset).Take(limit).ToListAsync();
        return [.. (await reader.FindAll(ids, tenant)).Select(reading => reading?.State is { } state ? Of(state) : null).OfType<VideoJob>()];
    }

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

    /// <summary>Approves the job, if it is still as it was read: later, a step of it may ask for an approval of its own.</summary>
    public Task<CommandReply> Approve(VideoJob job, Caller caller, HttpContext http) => engine.Gateway.Send(
        job.State.Id, new JobCommand.Approve(caller.PrincipalFrom(http), null, engine.Gateway.Now), new CommandGuard(caller.Tenant, job.State.SequenceNr));

    /// <summary>Gives a revision that waits for its approval another input, if it is still as it was read.</summary>
    public Task<CommandReply> Amend(VideoJob job, VideoDocument document, string reason, Caller caller, HttpContext http) => engine.Gateway.Send(
        job.State.Id, new JobCommand.Amend(document.ToJson(), caller.PrincipalFrom(http), reason, engine.Gateway.Now), new CommandGuard(caller.Tenant, job.State.SequenceNr));

    /// <summary>Only the canonical spelling of a number, so that one job has one address.</summary>
    public static bool TryNumber(string id, out long number) =>
        long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number > 0 && number.ToString(CultureInfo.InvariantCulture) == id;

    /// <summary>The key by which a revision is found, and which makes it the only one.</summary>
    public static string KeyOf(long number, int revision) =>
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

    private VideoRows RowsOf(string tenant) => new(engine.Store, tenant);

    /// <summary>The first of these that is a video: whoever may amend a job may make it none.</summary>
    private async ValueTask<VideoJob?> First(IReadOnlyList<JobId> jobs, string tenant)
    {
        foreach (var id in jobs)
        {
            if (await Read(id, tenant) is { } job) return job;
        }

        return null;
    }

    private static VideoJob? Of(JobState state) =>
        state.Spec.Workflow.Name == WorkflowName && VideoDocument.TryRead(state.Spec.Input) is { } document && state.Spec.IdempotencyKey == KeyOf(document.Number, document.Revision)
            ? new VideoJob(state, document)
            : null;
}
