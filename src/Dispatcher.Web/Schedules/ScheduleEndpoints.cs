using System.Text.Json;
using Dispatcher.Coordination.Scheduling;
using Dispatcher.Jobs;
using Dispatcher.Web.Access;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Jobs.Creating;
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

/// <summary>Schedules: make, change and delete them, and what people do with them.</summary>
internal static class ScheduleEndpoints
{
    private const string Example = """{"id":"weekly-report","cron":"0 9 * * 1","timezone":"America/New_York","workflow":"report","input":{"week_of":"${schedule.date}"},"overlap":"skip","depends_on":["data-refresh"]}""";

    public static void MapSchedules(this IEndpointRouteBuilder api)
    {
        var schedules = api.MapGroup("/schedules").WithTags("schedules");
        schedules.MapPost("", Create).WithName("createSchedule").RequireRole(Role.Submitter).WithExample(Example).RefusesDefinitions();
        schedules.MapScheduleReads();
        schedules.MapPut("/{id}", Replace).WithName("replaceSchedule").RequireRole(Role.Submitter).WithExample(Example).RefusesDefinitions()
            .WithRequestHeader("If-Match", "The version that the schedule must have, as its ETag shows it.").Refuses(ProblemCode.InvalidIfMatch);
        schedules.MapDelete("/{id}", Delete).WithName("deleteSchedule").RequireRole(Role.Submitter).Refuses(ProblemCode.UnknownSchedule, ProblemCode.InvalidIfMatch, ProblemCode.ScheduleConflict)
            .WithRequestHeader("If-Match", "The version that the schedule must have, as its ETag shows it.");
        schedules.MapPost("/{id}/run", Run).WithName("runSchedule").RequireRole(Role.Submitter)
            .Refuses(ProblemCode.UnknownSchedule, ProblemCode.InvalidRequest, ProblemCode.InvalidInput, ProblemCode.InvalidParams, ProblemCode.UnknownWorkflow, ProblemCode.UnknownPattern, ProblemCode.PayloadTooLarge, ProblemCode.IdempotencyConflict);
        schedules.MapPost("/{id}/pause", Pause).WithName("pauseSchedule").RequireRole(Role.Operator).Refuses(ProblemCode.UnknownSchedule, ProblemCode.ReasonTooLong, ProblemCode.ScheduleConflict);
        schedules.MapPost("/{id}/resume", Resume).WithName("resumeSchedule").RequireRole(Role.Operator).Refuses(ProblemCode.UnknownSchedule, ProblemCode.ScheduleConflict);
        schedules.MapPost("/{id}/backfill", Backfill).WithName("backfillSchedule").RequireRole(Role.Operator).Refuses(ProblemCode.UnknownSchedule, ProblemCode.InvalidRange);
    }

    private static T RefusesDefinitions<T>(this T endpoint)
        where T : IEndpointConventionBuilder => endpoint
        .Refuses(ProblemCode.InvalidRequest, ProblemCode.InvalidSchedule, ProblemCode.UnknownWorkflow, ProblemCode.UnknownPattern, ProblemCode.UnknownDependency, ProblemCode.ScheduleCycle)
        .Refuses(ProblemCode.ScheduleConflict, ProblemCode.TooManySchedules, ProblemCode.InvalidDefinition, ProblemCode.InvalidParams);

    /// <summary>Make a schedule</summary>
    /// <remarks>It is in force at every node when this is answered.</remarks>
    internal static async Task<Results<JsonCreated<ScheduleView>, ProblemHttpResult>> Create(ScheduleRequest request, Caller caller, HttpContext http, DispatcherEngine engine)
    {
        var id = request.Id ?? engine.Gateway.NextJobId().ToString();
        var (outcome, refusal) = await Put(id, request, expectedVersion: 0, caller, engine);
        if (refusal is not null) return refusal.ToProblem(http);
        var view = ScheduleView.Of(outcome!.Schedule!, engine.Gateway.Now);
        return JsonAnswers.Created(view.Links.Self, view);
    }

    /// <summary>Make or replace a schedule</summary>
    /// <remarks>All of it; what is left out gets its default. What was fired so far stays, and so does a pause that an operator made.</remarks>
    /// <param name="id">The schedule's id.</param>
    internal static async Task<Results<JsonCreated<ScheduleView>, JsonOk<ScheduleView>, ProblemHttpResult>> Replace(
        string id, ScheduleRequest request, Caller caller, HttpContext http, DispatcherEngine engine)
    {
        var version = VersionTag.Expected(http.Request, out var badHeader);
        if (badHeader is not null) return badHeader.ToProblem(http);
        if (request.Id is { } other && other != id) return Refusal.Of([new RequestFault("id", "differs from that of the address; leave it out")]).ToProblem(http);
        var (outcome, refusal) = await Put(id, request, version, caller, engine);
        if (refusal is not null) return refusal.ToProblem(http);
        var view = ScheduleView.Of(outcome!.Schedule!, engine.Gateway.Now);
        http.Response.GetTypedHeaders().ETag = VersionTag.Of(view.Version);
        return outcome.IsNew ? JsonAnswers.Created(view.Links.Self, view) : JsonAnswers.Ok(view);
    }

    /// <summary>Delete a schedule</summary>
    /// <remarks>Its runs stay. Schedules that depend on it wait, and the graph says for what.</remarks>
    /// <param name="id">The schedule's id.</param>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Delete(string id, Caller caller, HttpContext http, DispatcherEngine engine)
    {
        var version = VersionTag.Expected(http.Request, out var refusal);
        if (refusal is not null) return refusal.ToProblem(http);
        var outcome = await engine.Schedules.Delete(caller.Tenant, id, version);
        return outcome.Refusal is null ? TypedResults.NoContent() : ScheduleRefusals.Of(outcome).ToProblem(http);
    }

    /// <summary>Make a run now</summary>
    /// <remarks>Whatever the schedule's times, pauses and dependencies.</remarks>
    /// <param name="id">The schedule's id.</param>
    internal static async Task<Results<JsonCreated<RunReceipt>, JsonOk<RunReceipt>, Accepted<RunReceipt>, ProblemHttpResult>> Run(
        string id, RunScheduleRequest? request, Caller caller, HttpContext http, DispatcherEngine engine)
    {
        if (request?.IdempotencyKey is { } key && IdempotencyKey.Form(key) is { } fault) return Refusal.Of([new RequestFault("idempotency_key", fault)]).ToProblem(http);
        if (request?.Input is { ValueKind: not JsonValueKind.Object }) return Refusal.Of([new RequestFault("input", "must be an object")]).ToProblem(http);
        var reply = await engine.Schedules.Run(caller.Tenant, id, request?.IdempotencyKey, request?.Input, RequestOrigin.Of(caller, http).OfFiring);
        return reply is null ? ScheduleRefusals.Unknown(id).ToProblem(http) : RunAnswers.Of(reply, http);
    }

    /// <summary>Pause a schedule</summary>
    /// <remarks>It does not fire by itself; firings that fall into the pause are left out, and one that waits for dependencies goes on waiting.</remarks>
    /// <param name="id">The schedule's id.</param>
    internal static async Task<Results<JsonOk<ScheduleView>, ProblemHttpResult>> Pause(string id, PauseScheduleRequest? request, Caller caller, HttpContext http, DispatcherEngine engine)
    {
        if (request?.Reason?.Length > JobLimits.ReasonCharacters) return Refusal.Invalid("reason-too-long", $"The reason has {request.Reason.Length} characters; at most {JobLimits.ReasonCharacters} are allowed.").ToProblem(http);
        return Answer(await engine.Schedules.Pause(caller.Tenant, id, new SchedulePause(request?.Until?.Value, request?.Reason, caller.Name)), http, engine);
    }

    /// <summary>Resume a schedule</summary>
    /// <remarks>From its next time on; nothing is made up for.</remarks>
    /// <param name="id">The schedule's id.</param>
    internal static async Task<Results<JsonOk<ScheduleView>, ProblemHttpResult>> Resume(string id, Caller caller, HttpContext http, DispatcherEngine engine) =>
        Answer(await engine.Schedules.Resume(caller.Tenant, id), http, engine);

    /// <summary>Make the runs of past times</summary>
    /// <remarks>Each time of the range once: those that were fired already are found again. At most 1,000 at once.</remarks>
    /// <param name="id">The schedule's id.</param>
    internal static async Task<Results<JsonOk<BackfillView>, ProblemHttpResult>> Backfill(string id, BackfillRequest request, Caller caller, HttpContext http, DispatcherEngine engine)
    {
        if (request.To.Value < request.From.Value) return Refusal.Invalid("invalid-range", "to lies before from.").ToProblem(http);
        var (runs, refusal) = await engine.Schedules.Backfill(caller.Tenant, id, request.From.Value, request.To.Value, RequestOrigin.Of(caller, http).OfFiring);
        if (refusal is not null) return ScheduleRefusals.Of(refusal).ToProblem(http);
        return JsonAnswers.Ok(new BackfillView([.. runs!.Select(run => new BackfillRunView(run.Due, run.Job, run.IsNew, run.Fault))], runs!.Count(run => run.IsNew)));
    }

    private static Results<JsonOk<ScheduleView>, ProblemHttpResult> Answer(ScheduleOutcome outcome, HttpContext http, DispatcherEngine engine) =>
        outcome.Schedule is { } schedule ? JsonAnswers.Ok(ScheduleView.Of(schedule, engine.Gateway.Now)) : ScheduleRefusals.Of(outcome).ToProblem(http);

    private static async ValueTask<(ScheduleOutcome? Outcome, Refusal? Refusal)> Put(
        string id, ScheduleRequest request, long? expectedVersion, Caller caller, DispatcherEngine engine)
    {
        if (id is "graph" or "stream") return (null, Refusal.Of([new RequestFault("id", $"'{id}' is the name of a path; choose another")]));
        WorkflowReference? pinned = null;
        if (request.Definition is { } given)
        {
            var choice = await new WorkflowLookup(engine, caller.Tenant).Find(new CreateJobRequest { Definition = given });
            if (choice.Refusal is not null) return (null, choice.Refusal);
            pinned = choice.Reference;
        }

        var (definition, faults) = request.ToDefinition(id, pinned);
        if (definition is null) return (null, Refusal.Of(faults));
        var outcome = await engine.Schedules.Put(caller.Tenant, id, definition, expectedVersion);
        return outcome.Refusal is null ? (outcome, null) : (null, ScheduleRefusals.Of(outcome));
    }
}
