using System.Buffers.Text;
using System.Text;
using Dispatcher.Coordination.Scheduling;
using Dispatcher.Jobs;
using Dispatcher.Web.Access;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Json;
using Dispatcher.Web.OpenApi;
using Dispatcher.Web.Problems;
using Dispatcher.Web.Requests;
using Dispatcher.Workflows.Scheduling;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Dispatcher.Web.Schedules;

/// <summary>Reading schedules.</summary>
internal static class ScheduleReads
{
    private const int MaxLimit = 200;
    private const int DefaultLimit = 50;
    private const int DefaultTimes = 10;

    public static void MapScheduleReads(this IEndpointRouteBuilder schedules)
    {
        schedules.MapGet("", List).WithName("listSchedules").RequireRole(Role.Viewer).Refuses(ProblemCode.InvalidRequest, ProblemCode.InvalidCursor);
        schedules.MapGet("/graph", Graph).WithName("scheduleGraph").RequireRole(Role.Viewer);
        schedules.MapGet("/stream", ScheduleStream.Stream).WithName("streamSchedules").RequireRole(Role.Viewer).Refuses(ProblemCode.InvalidPosition, ProblemCode.TooManyStreams)
            .AnswersFile("Server-sent events.", "text/event-stream").WithRequestHeader("Last-Event-ID", "The last event of a run that the client has; as after.");
        schedules.MapGet("/{id}", Show).WithName("showSchedule").RequireRole(Role.Viewer).Refuses(ProblemCode.UnknownSchedule).WithAnswerHeader("ETag", "The schedule's version, in quotes.");
        schedules.MapGet("/{id}/next", Next).WithName("nextTimes").RequireRole(Role.Viewer).Refuses(ProblemCode.UnknownSchedule, ProblemCode.InvalidRequest);
        schedules.MapGet("/{id}/runs", Runs).WithName("listRuns").RequireRole(Role.Viewer).Refuses(ProblemCode.UnknownSchedule, ProblemCode.InvalidRequest, ProblemCode.InvalidCursor);
    }

    /// <summary>List schedules</summary>
    /// <remarks>The tenant's, in the order of their ids.</remarks>
    /// <param name="limit">1..200; 50 if absent.</param>
    /// <param name="cursor">What the page before gave as `next`.</param>
    internal static async Task<Results<JsonOk<SchedulePage>, ProblemHttpResult>> List(int? limit, string? cursor, Caller caller, HttpContext http, DispatcherEngine engine)
    {
        if (FaultOf(limit) is { } refusal) return refusal.ToProblem(http);
        if (!TryReadCursor(cursor, out var after)) return BadCursor().ToProblem(http);
        var wanted = limit ?? DefaultLimit;
        var found = await engine.Schedules.Store.ListSchedules(caller.Tenant, after, wanted);
        return JsonAnswers.Ok(new SchedulePage([.. found.Select(schedule => ScheduleView.Of(schedule, engine.Gateway.Now))], found.Count == wanted ? Cursor(found[^1].Id) : null));
    }

    /// <summary>Show a schedule</summary>
    /// <remarks>With its next time and what was fired so far.</remarks>
    /// <param name="id">The schedule's id.</param>
    internal static async Task<Results<JsonOk<ScheduleView>, ProblemHttpResult>> Show(string id, Caller caller, HttpContext http, DispatcherEngine engine)
    {
        if (await engine.Schedules.Store.FindSchedule(caller.Tenant, id) is not { } schedule) return ScheduleRefusals.Unknown(id).ToProblem(http);
        http.Response.GetTypedHeaders().ETag = VersionTag.Of(schedule.Version);
        return JsonAnswers.Ok(ScheduleView.Of(schedule, engine.Gateway.Now));
    }

    /// <summary>Show when a schedule is due</summary>
    /// <remarks>Its next times, whatever its pauses.</remarks>
    /// <param name="id">The schedule's id.</param>
    /// <param name="count">1..1000; 10 if absent.</param>
    /// <param name="after">Times after this one; now if absent.</param>
    internal static async Task<Results<JsonOk<NextTimesView>, ProblemHttpResult>> Next(string id, int? count, Rfc3339? after, Caller caller, HttpContext http, DispatcherEngine engine)
    {
        if (count is < 1 or > ScheduleLimits.NextTimes) return Refusal.Of([new RequestFault("count", $"is {count}; it must be from 1 to {ScheduleLimits.NextTimes}")]).ToProblem(http);
        if (await engine.Schedules.Store.FindSchedule(caller.Tenant, id) is not { } schedule) return ScheduleRefusals.Unknown(id).ToProblem(http);
        var times = ScheduleBook.NextTimes(schedule, after?.Value ?? engine.Gateway.Now, count ?? DefaultTimes);
        return JsonAnswers.Ok(new NextTimesView([.. times.Select(time => new NextTimeView(time.Due, time.FireAt))]));
    }

    /// <summary>List the runs of a schedule</summary>
    /// <remarks>They are jobs, newest first; also those of a schedule that was made anew under the id. A page may be short, even empty, and have a next one.</remarks>
    /// <param name="id">The schedule's id.</param>
    /// <param name="status">One status of jobs, such as `failed`.</param>
    /// <param name="limit">1..200; 50 if absent.</param>
    /// <param name="cursor">What the page before gave as `next`.</param>
    internal static async Task<Results<JsonOk<RunPage>, ProblemHttpResult>> Runs(
        string id, string? status, int? limit, string? cursor, Caller caller, HttpContext http, DispatcherEngine engine)
    {
        if (FaultOf(limit) is { } refusal) return refusal.ToProblem(http);
        JobStatus? wanted = null;
        if (status is not null)
        {
            if (!KebabCaseEnumConverter<JobStatus>.TryParse(status, out var known)) return Refusal.Of([new RequestFault("status", "is no status of a job, such as running or failed")]).ToProblem(http);
            wanted = known;
        }

        JobId? before = null;
        if (!TryReadCursor(cursor, out var place) || (place is not null && !TryReadJob(place, out before))) return BadCursor().ToProblem(http);
        if (await engine.Schedules.Store.FindSchedule(caller.Tenant, id) is null) return ScheduleRefusals.Unknown(id).ToProblem(http);
        var page = await engine.Schedules.Runs.List(caller.Tenant, id, wanted, before, limit ?? DefaultLimit);
        return JsonAnswers.Ok(new RunPage([.. page.Rows.Select(RunView.Of)], page.Next is { } next ? Cursor(next.ToString()) : null));
    }

    /// <summary>Show who waits for whom</summary>
    /// <remarks>All schedules of the tenant, up to 10,000, and as many edges. An edge goes from a dependency to the schedule that waits for it.</remarks>
    internal static async Task<JsonOk<ScheduleGraphView>> Graph(Caller caller, DispatcherEngine engine) =>
        JsonAnswers.Ok(ScheduleGraphView.Of(await engine.Schedules.ReadMap(caller.Tenant)));

    private static Refusal? FaultOf(int? limit) =>
        limit is < 1 or > MaxLimit ? Refusal.Of([new RequestFault("limit", $"is {limit}; it must be from 1 to {MaxLimit}")]) : null;

    private static Refusal BadCursor() => Refusal.Invalid("invalid-cursor", "The cursor was changed, or belongs to another list. Begin again without one.");

    private static string Cursor(string place) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes($"schedules 1 {place}"));

    private static bool TryReadCursor(string? cursor, out string? place)
    {
        place = null;
        if (cursor is null) return true;
        if (cursor.Length > 400 || !Base64Url.IsValid(cursor)) return false;
        var text = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor));
        if (!text.StartsWith("schedules 1 ", StringComparison.Ordinal)) return false;
        place = text["schedules 1 ".Length..];
        return true;
    }

    private static bool TryReadJob(string text, out JobId? id)
    {
        var isId = JobId.TryParse(text, out var read);
        id = read;
        return isId;
    }
}
