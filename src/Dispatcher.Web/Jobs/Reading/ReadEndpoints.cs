using Dispatcher.Jobs;
using Dispatcher.Web.Access;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Json;
using Dispatcher.Web.OpenApi;
using Dispatcher.Web.Problems;
using Dispatcher.Web.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Dispatcher.Web.Jobs.Reading;

/// <summary>One job: as it is, as it was, and what happened to it.</summary>
internal static class ReadEndpoints
{
    public static void MapReads(this IEndpointRouteBuilder api)
    {
        var job = api.MapGroup("/jobs/{id}");
        job.MapGet("", Show).WithName("getJob").RequireRole(Role.Viewer).Refuses(ProblemCode.NotFound)
            .WithAnswerHeader("ETag", "The job's version, in quotes.").WithRequestHeader("If-None-Match", "An ETag: 304 if the job is still at it.")
            .AnswersEmpty(StatusCodes.Status304NotModified, "The job is still at the version of If-None-Match.");
        job.MapGet("/state", ShowAt).WithName("getJobState").RequireRole(Role.Viewer).Refuses(ProblemCode.NotFound, ProblemCode.UnknownEvent, ProblemCode.InvalidRequest);
        job.MapGet("/events", ListEvents).WithName("listJobEvents").RequireRole(Role.Viewer).Refuses(ProblemCode.NotFound, ProblemCode.InvalidRequest);
    }

    /// <summary>Show a job</summary>
    /// <remarks>With its steps, what it waits for, its artifacts and the commands that it allows. The ETag is the job's version: progress within a step makes no new one.</remarks>
    /// <param name="id">The job's id.</param>
    internal static async Task<Results<JsonOk<JobView>, StatusCodeHttpResult, ProblemHttpResult>> Show(string id, Caller caller, HttpContext http, JobReader reader)
    {
        if (!JobId.TryParse(id, out var jobId) || await reader.Find(jobId, caller.Tenant) is not { } job) return UnknownJob.Refuse(id).ToProblem(http);
        http.Response.Headers.ETag = VersionTag.Of(job.Version).ToString();
        return VersionTag.IsKnown(http.Request, job.Version) ? TypedResults.StatusCode(StatusCodes.Status304NotModified) : JsonAnswers.Ok(job.View());
    }

    /// <summary>Show a job as it was</summary>
    /// <remarks>Folded from its journal up to one of its events.</remarks>
    /// <param name="id">The job's id.</param>
    /// <param name="at">The number of an event, from 1.</param>
    internal static async Task<Results<JsonOk<JobView>, ProblemHttpResult>> ShowAt(string id, long at, Caller caller, HttpContext http, JobReader reader)
    {
        if (at < 1) return Refusal.Of([new RequestFault("at", $"is {at}; events are counted from 1")]).ToProblem(http);
        if (!JobId.TryParse(id, out var jobId) || await reader.FindAt(jobId, caller.Tenant, at) is not { } job) return UnknownJob.Refuse(id).ToProblem(http);
        if (job.State is { } state && state.SequenceNr < at)
            return Refusal.NotFound($"The job {id} has the events 1 to {state.SequenceNr} so far; there is no event {at}.", "unknown-event").ToProblem(http);
        return JsonAnswers.Ok(job.ViewAt());
    }

    /// <summary>List the events of a job</summary>
    /// <remarks>In their order. Go on with the number of the last event that you have; a page may be short, even empty, and have a next one.</remarks>
    /// <param name="id">The job's id.</param>
    /// <param name="after">Only events after this number.</param>
    /// <param name="limit">1..1000; 100 if absent.</param>
    /// <param name="type">Names of events with commas between; `step.*` means all that begin so.</param>
    internal static async Task<Results<JsonOk<EventPage>, ProblemHttpResult>> ListEvents(
        string id, [FromQuery] long? after, [FromQuery] int? limit, [FromQuery] string? type, Caller caller, HttpContext http, JobReader reader, DispatcherEngine engine)
    {
        var query = EventQuery.Read(after, limit, type, out var faults);
        if (faults.Count > 0) return Refusal.Of(faults).ToProblem(http);
        if (!JobId.TryParse(id, out var jobId) || await reader.FindRow(jobId, caller.Tenant) is null) return UnknownJob.Refuse(id).ToProblem(http);
        return JsonAnswers.Ok(await query.Run(engine.Store, jobId));
    }
}
