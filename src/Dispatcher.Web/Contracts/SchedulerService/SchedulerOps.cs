using System.Text.Json.Nodes;
using Dispatcher.Coordination.Scheduling;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Web.Access;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Jobs.Reading;
using Dispatcher.Web.Requests;
using Dispatcher.Workflows.Scheduling;
using Microsoft.AspNetCore.Http;

namespace Dispatcher.Web.Contracts.SchedulerService;

/// <summary>The actions of the contract on jobs and their runs.</summary>
/// <param name="body">The whole request.</param>
internal sealed class SchedulerOps(JsonObject body, Caller caller, RequestOrigin origin, DispatcherEngine engine, JobReader reader)
{
    private const int DefaultPageSize = 20;
    private const int MaxPageSize = 100;
    private const int HistoryRuns = 10;
    private const int PageRows = 1000;

    /// <summary>Schedules may be large: fewer are read at once.</summary>
    private const int SchedulePageRows = 200;

    /// <summary>Lists look at so many jobs or runs, and count no further.</summary>
    private const int ScanLimit = 10_000;

    private ScheduleBook Book => engine.Schedules;

    private DateTimeOffset Now => engine.Gateway.Now;

    /// <summary>The campaign that the request is about; 0 for all.</summary>
    private long Campaign => body.Integer("campaign_id", "") ?? body.Object("job", "").Integer("campaign_id", "job") ?? 0;

    private string Id => body.Filled("job_id", "") ?? body.Filled("id", "") ?? body.Object("job", "").Filled("id", "job") ?? throw OpsFault.Bad("job_id is required");

    public async Task<JsonObject> Create()
    {
        var given = Given();
        var id = given.Filled("id", "job") ?? engine.Gateway.NextJobId().ToString();
        var job = JobTranslation.Of(before: null, given);
        var definition = job.ToDefinition(StatusOf(given), before: null, await JobWorkflow.Of(job, caller.Tenant, engine), new SchedulePause(By: caller.Name));
        var outcome = await Book.Put(caller.Tenant, id, definition, expectedVersion: 0);
        if (outcome.Refusal?.Code == "schedule-conflict") throw new OpsFault(409, $"job already exists: {id}");
        return await Answer(outcome, job);
    }

    public async Task<JsonObject> Update()
    {
        var given = Given();
        var before = await Find(Id);
        // Another campaign's job cannot be taken over by naming it, and none is left: 0 stands for all, and for what protobuf does not say.
        if (given.Integer("campaign_id", "job") is null or 0) given["campaign_id"] = JobViewWriter.Kept(before)["campaign_id"]?.DeepClone();
        var job = JobTranslation.Of(JobViewWriter.Kept(before), given);
        var says = job.SaysWhatToRun || JobTranslation.Of(before: null, JobViewWriter.Kept(before)).SaysWhatToRun;
        var status = StatusOf(given);
        var pause = PauseOf(before);
        if (status == SchedulerWords.Active && pause?.By is { } other && other != caller.Name && !caller.Has(Role.Operator))
            throw new OpsFault(StatusCodes.Status403Forbidden, $"the job was paused by {other}, and ending that needs the role operator");
        var definition = job.ToDefinition(status, before.Definition, says ? await JobWorkflow.Of(job, caller.Tenant, engine) : null, pause ?? new SchedulePause(By: caller.Name));
        return await Answer(await Book.Change(caller.Tenant, before.Id, _ => definition, before.Version), job);
    }

    public async Task<JsonObject> Delete()
    {
        var schedule = await Find(Id);
        var outcome = await Book.Delete(caller.Tenant, schedule.Id);
        if (outcome.Refusal is not null) throw OpsFault.UnknownJob(schedule.Id);
        return new JsonObject { ["job_id"] = schedule.Id, ["success"] = true };
    }

    public async Task<JsonObject> Get() => new() { ["job"] = await ViewOf(await Find(Id)) };

    public async Task<JsonObject> Status()
    {
        var schedule = await Find(Id);
        var status = SchedulerWords.StatusOf(schedule, (await Book.Runs.FindNewest(caller.Tenant, [schedule]))[0], Now);
        var answer = new JsonObject { ["job_id"] = schedule.Id, ["status"] = SchedulerWords.StatusPrefix + status };
        if (SchedulerWords.ReasonOf(schedule) is { } reason) answer["reason"] = reason;
        return answer;
    }

    public async Task<JsonObject> List()
    {
        var wanted = SchedulerWords.Read(body.Text("status", ""), SchedulerWords.StatusPrefix, SchedulerWords.Statuses, "status");
        var page = OpsPage.Of(body, DefaultPageSize, MaxPageSize);
        var shown = new List<StoredSchedule>();
        string? after = null;
        for (var seen = 0; seen < ScanLimit; seen += SchedulePageRows)
        {
            var read = await Book.Store.ListSchedules(caller.Tenant, after, SchedulePageRows);
            var found = read.Where(IsOfCampaign).ToList();
            if (wanted is not null) found = await InStatus(found, wanted);
            shown.AddRange(found.Where(_ => page.Add()));
            if (read.Count < SchedulePageRows) break;
            after = read[^1].Id;
        }

        var last = await Book.Runs.FindNewest(caller.Tenant, shown);
        for (var i = 0; i < shown.Count; i++) page.Show(JobViewWriter.Job(shown[i], last[i], history: null, Now));
        return page.ToJson("jobs");
    }

    public async Task<JsonObject> ListRuns()
    {
        var schedule = await Find(Id);
        var page = OpsPage.Of(body, DefaultPageSize, MaxPageSize);
        var shown = new List<JobRow>();
        JobId? before = null;
        for (var seen = 0; seen < ScanLimit; seen += PageRows)
        {
            var read = await Book.Runs.List(caller.Tenant, schedule.Id, null, before, PageRows);
            foreach (var row in read.Rows) if (page.Add()) shown.Add(row);
            if (read.Next is not { } next) break;
            before = next;
        }

        var readings = await reader.FindAll([.. shown.Select(row => row.Id)], caller.Tenant);
        foreach (var (row, reading) in shown.Zip(readings)) page.Show(reading is null ? JobViewWriter.Run(row, schedule) : JobViewWriter.Run(reading, row, schedule));
        return page.ToJson("runs");
    }

    public async Task<JsonObject> Run(string? key)
    {
        var schedule = await Find(Id);
        return await Made(await Book.Run(caller.Tenant, schedule.Id, key, origin: origin.OfFiring) ?? throw OpsFault.UnknownJob(schedule.Id), schedule);
    }

    public async Task<JsonObject> Graph()
    {
        var map = await Book.ReadMap(caller.Tenant, IsOfCampaign);
        var blocked = map.Missing.GroupBy(edge => edge.Schedule, StringComparer.Ordinal);
        var graph = new JsonObject
        {
            ["nodes"] = new JsonArray([.. map.Nodes.Select(node => (JsonNode)node.Id)]),
            ["edges"] = new JsonArray([.. map.Edges.Select(edge => new JsonArray(edge.DependsOn, edge.Schedule))]),
            ["blocked"] = new JsonArray([.. blocked.Select(group => new JsonObject { ["job_id"] = group.Key, ["missing"] = new JsonArray([.. group.Select(edge => (JsonNode)edge.DependsOn)]) })]),
        };
        if (map.IsCut) graph["warnings"] = new JsonArray($"there are more than {ScheduleBook.MapLimit} jobs or edges; the others are not shown");
        return graph;
    }

    /// <summary>The job with this id, of this tenant and campaign.</summary>
    public async ValueTask<StoredSchedule> Find(string id) =>
        await Book.Store.FindSchedule(caller.Tenant, id) is { } schedule && IsOfCampaign(schedule) ? schedule : throw OpsFault.UnknownJob(id);

    /// <summary>What came of asking for a run.</summary>
    public async ValueTask<JsonObject> Made(CommandReply reply, StoredSchedule? schedule) => reply switch
    {
        CommandReply.Done done => new JsonObject { ["run"] = JobViewWriter.Run(done.State, schedule) },
        CommandReply.Duplicate duplicate => new JsonObject { ["run"] = await Existing(duplicate.Existing, schedule) },
        CommandReply.Accepted accepted => new JsonObject { ["run"] = await Existing(accepted.JobId, schedule) },
        CommandReply.Refused refused => throw OpsFault.Of(refused.Rejection),
        CommandReply.Unavailable unavailable => throw new OpsFault(503, unavailable.Cause),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private async ValueTask<JsonObject> Existing(JobId id, StoredSchedule? schedule) => await reader.Find(id, caller.Tenant) is { State: { } state }
        ? JobViewWriter.Run(state, schedule)
        : new JsonObject { ["id"] = id.ToString(), ["job_id"] = schedule?.Id ?? "", ["status"] = "running" };

    /// <summary>The job's fields: in <c>job</c>, or in the request itself.</summary>
    private JsonObject Given()
    {
        var job = body.Object("job", "") is { } inner ? (JsonObject)inner.DeepClone() : (JsonObject)body.DeepClone();
        if (job["metadata"] is null && body["metadata"] is { } metadata) job["metadata"] = metadata.DeepClone();
        if (job["campaign_id"] is null && body["campaign_id"] is { } campaign) job["campaign_id"] = campaign.DeepClone();
        return job;
    }

    /// <summary>Only of those that are over the status depends on a run.</summary>
    private async ValueTask<List<StoredSchedule>> InStatus(IReadOnlyList<StoredSchedule> schedules, string wanted)
    {
        var now = Now;
        var over = schedules.Where(schedule => ScheduleStatuses.IsOver(schedule, now)).ToList();
        var last = (await Book.Runs.FindNewest(caller.Tenant, over)).Zip(over).ToDictionary(pair => pair.Second.Id, pair => pair.First, StringComparer.Ordinal);
        return [.. schedules.Where(schedule => SchedulerWords.StatusOf(schedule, last.GetValueOrDefault(schedule.Id), now) == wanted)];
    }

    /// <summary>The status that is to be set; null for none.</summary>
    private static string? StatusOf(JsonObject given) => SchedulerWords.Read(given.Text("status", "job"), SchedulerWords.StatusPrefix, SchedulerWords.Statuses, "status");

    /// <summary>The pause that holds now.</summary>
    private SchedulePause? PauseOf(StoredSchedule schedule) => schedule.Definition.Pause is { } pause && pause.HoldsAt(Now) ? pause : null;

    private async ValueTask<JsonObject> Answer(ScheduleOutcome outcome, JobTranslation job)
    {
        if (outcome.Schedule is not { } schedule) throw OpsFault.Of(outcome.Refusal!);
        var answer = new JsonObject { ["job"] = await ViewOf(schedule) };
        if (job.Warnings.Count > 0) answer["warnings"] = new JsonArray([.. job.Warnings.Select(warning => (JsonNode)warning)]);
        return answer;
    }

    private async ValueTask<JsonObject> ViewOf(StoredSchedule schedule)
    {
        var history = await Book.Runs.List(caller.Tenant, schedule.Id, null, null, HistoryRuns);
        return JobViewWriter.Job(schedule, history.Rows.Count > 0 ? history.Rows[0] : null, history.Rows, Now);
    }

    private bool IsOfCampaign(StoredSchedule schedule) => Campaign == 0 || (JobViewWriter.Kept(schedule).Integer("campaign_id", "job") ?? 0) == Campaign;
}
