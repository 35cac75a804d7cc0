using System.Text.Json.Nodes;
using Dispatcher.Coordination.Scheduling;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Web.Access;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Jobs.Reading;
using Dispatcher.Workflows.Scheduling;

namespace Dispatcher.Web.Contracts.SchedulerService;

/// <summary>The actions of the contract on jobs and their runs.</summary>
/// <param name="body">The whole request.</param>
internal sealed class SchedulerOps(JsonObject body, Caller caller, DispatcherEngine engine, JobReader reader)
{
    private const int DefaultPageSize = 20;
    private const int MaxPageSize = 100;
    private const int HistoryRuns = 10;
    private const int PageRows = 1000;

    private ScheduleBook Book => engine.Schedules;

    private DateTimeOffset Now => engine.Gateway.Now;

    /// <summary>The campaign that the request is about; 0 for all.</summary>
    private long Campaign => body.Integer("campaign_id", "") ?? body.Object("job", "").Integer("campaign_id", "job") ?? 0;

    private string Id => (body.Text("job_id", "") ?? body.Text("id", "") ?? body.Object("job", "").Text("id", "job")) is { Length: > 0 } id ? id : throw OpsFault.Bad("job_id is required");

    public async Task<JsonObject> Create()
    {
        var given = Given();
        var id = given.Text("id", "job") is { Length: > 0 } chosen ? chosen : engine.Gateway.NextJobId().ToString();
        var job = JobTranslation.Of(before: null, given);
        var definition = await Definition(job, before: null, given);
        var outcome = await Book.Put(caller.Tenant, id, definition, expectedVersion: 0);
        if (outcome.Refusal?.Code == "schedule-conflict") throw new OpsFault(409, $"job already exists: {id}");
        return await Answer(outcome, job);
    }

    public async Task<JsonObject> Update()
    {
        var given = Given();
        var before = await Find(Id);
        // Another campaign's job cannot be taken over by naming it.
        if (given["campaign_id"] is null) given["campaign_id"] = JobViewWriter.Kept(before)["campaign_id"]?.DeepClone();
        var job = JobTranslation.Of(JobViewWriter.Kept(before), given);
        var definition = await Definition(job, before.Definition, given);
        return await Answer(await Book.Put(caller.Tenant, before.Id, definition, before.Version), job);
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
        var status = SchedulerWords.StatusOf(schedule, await LastRun(schedule), Now);
        return new JsonObject { ["job_id"] = schedule.Id, ["status"] = SchedulerWords.StatusPrefix + status };
    }

    public async Task<JsonObject> List()
    {
        var wanted = SchedulerWords.Read(body.Text("status", ""), SchedulerWords.StatusPrefix, SchedulerWords.Statuses, "status");
        var found = new List<(StoredSchedule Schedule, JobRow? Last)>();
        for (string? after = null; ;)
        {
            var page = await Book.Store.ListSchedules(caller.Tenant, after, PageRows);
            var over = page.Where(schedule => ScheduleStatuses.IsOver(schedule)).Select(schedule => schedule.Record.LastJob).OfType<JobId>().ToList();
            var last = over.Count == 0 ? [] : (await engine.Store.FindJobs(over)).ToDictionary(row => row.Id);
            foreach (var schedule in page.Where(IsOfCampaign))
            {
                var run = schedule.Record.LastJob is { } id ? last.GetValueOrDefault(id) : null;
                if (wanted is null || SchedulerWords.StatusOf(schedule, run, Now) == wanted) found.Add((schedule, run));
            }

            if (page.Count < PageRows) break;
            after = page[^1].Id;
        }

        return Page("jobs", found, entry => JobViewWriter.Job(entry.Schedule, entry.Last, history: null, Now));
    }

    public async Task<JsonObject> ListRuns()
    {
        var schedule = await Find(Id);
        var rows = new List<JobRow>();
        for (JobId? before = null; rows.Count < 10 * PageRows;)
        {
            var page = await Book.Runs.List(caller.Tenant, schedule.Id, null, before, PageRows);
            rows.AddRange(page.Rows);
            if (page.Next is not { } next) break;
            before = next;
        }

        var view = Page("runs", rows, row => JobViewWriter.Run(row, schedule));
        var runs = (JsonArray)view["runs"]!;
        for (var i = 0; i < runs.Count; i++)
        {
            var row = rows.First(found => found.Id.ToString() == runs[i]!["id"]!.GetValue<string>());
            if (await reader.Find(row.Id, caller.Tenant) is { } reading) runs[i] = JobViewWriter.Run(reading, row, schedule);
        }

        return view;
    }

    public async Task<JsonObject> Run(string? key)
    {
        var schedule = await Find(Id);
        return await Made(await Book.Run(caller.Tenant, schedule.Id, key) ?? throw OpsFault.UnknownJob(schedule.Id), schedule);
    }

    public async Task<JsonObject> Graph()
    {
        var map = await Book.ReadMap(caller.Tenant);
        var schedules = map.Schedules.Where(IsOfCampaign).ToList();
        var nodes = schedules.Select(schedule => schedule.Id).ToHashSet(StringComparer.Ordinal);
        var known = map.Schedules.Select(schedule => schedule.Id).ToHashSet(StringComparer.Ordinal);
        var edges = map.Edges.Where(edge => nodes.Contains(edge.Schedule)).ToList();
        var blocked = edges.Where(edge => !known.Contains(edge.DependsOn)).GroupBy(edge => edge.Schedule, StringComparer.Ordinal);
        return new JsonObject
        {
            ["nodes"] = new JsonArray([.. schedules.Select(schedule => (JsonNode)schedule.Id)]),
            ["edges"] = new JsonArray([.. edges.Select(edge => new JsonArray(edge.DependsOn, edge.Schedule))]),
            ["blocked"] = new JsonArray([.. blocked.Select(group => new JsonObject { ["job_id"] = group.Key, ["missing"] = new JsonArray([.. group.Select(edge => (JsonNode)edge.DependsOn)]) })]),
        };
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
        CommandReply.Refused refused => throw OpsFault.Bad(refused.Rejection.Message),
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

    private async ValueTask<ScheduleDefinition> Definition(JobTranslation job, ScheduleDefinition? before, JsonObject given)
    {
        var status = SchedulerWords.Read(given.Text("status", "job"), SchedulerWords.StatusPrefix, SchedulerWords.Statuses, "status");
        return job.ToDefinition(status, before, await JobWorkflow.Of(job, caller.Tenant, engine), caller.Name);
    }

    private async ValueTask<JsonObject> Answer(ScheduleOutcome outcome, JobTranslation job)
    {
        if (outcome.Schedule is not { } schedule) throw new OpsFault(StatusOf(outcome.Refusal!.Code), outcome.Refusal.Message);
        var answer = new JsonObject { ["job"] = await ViewOf(schedule) };
        if (job.Warnings.Count > 0) answer["warnings"] = new JsonArray([.. job.Warnings.Select(warning => (JsonNode)warning)]);
        return answer;
    }

    private static int StatusOf(string code) => code switch
    {
        "schedule-conflict" or "too-many-schedules" => 409,
        "unknown-schedule" => 404,
        _ => 400,
    };

    private async ValueTask<JsonObject> ViewOf(StoredSchedule schedule)
    {
        var history = await Book.Runs.List(caller.Tenant, schedule.Id, null, null, HistoryRuns);
        return JobViewWriter.Job(schedule, await LastRun(schedule), history.Rows, Now);
    }

    private async ValueTask<JobRow?> LastRun(StoredSchedule schedule) => schedule.Record.LastJob is { } last ? await engine.Store.FindJob(last) : null;

    private bool IsOfCampaign(StoredSchedule schedule) => Campaign == 0 || (JobViewWriter.Kept(schedule).Integer("campaign_id", "job") ?? 0) == Campaign;

    private JsonObject Page<T>(string name, IReadOnlyList<T> all, Func<T, JsonObject> view)
    {
        var page = body.Integer("page", "") ?? 1;
        var size = body.Integer("page_size", "") ?? DefaultPageSize;
        if (page is < 1 or > 1_000_000) throw OpsFault.Bad($"page is {page}; pages are counted from 1");
        if (size is < 1 or > MaxPageSize) throw OpsFault.Bad($"page_size is {size}; it must be from 1 to {MaxPageSize}");
        var shown = all.Skip((int)((page - 1) * size)).Take((int)size).Select(entry => (JsonNode)view(entry));
        return new JsonObject { [name] = new JsonArray([.. shown]), ["total_count"] = all.Count, ["page"] = page, ["total_pages"] = (all.Count + size - 1) / size };
    }
}
