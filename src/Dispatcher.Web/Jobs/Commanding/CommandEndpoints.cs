using Dispatcher.Jobs;
using Dispatcher.Web.Access;
using Dispatcher.Web.Jobs.Reading;
using Dispatcher.Web.OpenApi;
using Dispatcher.Web.Problems;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Dispatcher.Web.Jobs.Commanding;

using Answer = Task<Results<Ok<JobView>, ProblemHttpResult>>;

/// <summary>The commands of people to one job. Each answers with the job after it.</summary>
internal static class CommandEndpoints
{
    public static void MapCommands(this IEndpointRouteBuilder api)
    {
        var job = api.MapGroup("/jobs/{id}")
            .WithRequestHeader("If-Match", "The version that the job must have, as its ETag shows it.")
            .WithAnswerHeader("ETag", "The job's version after the command, in quotes.")
            .Refuses(ProblemCode.NotFound, ProblemCode.InvalidIfMatch, ProblemCode.ReasonTooLong, ProblemCode.InvalidStatus, ProblemCode.VersionConflict);
        job.MapPost("/approve", Approve).WithName("approveJob").RequireRole(Role.Operator);
        job.MapPost("/reject", Reject).WithName("rejectJob").RequireRole(Role.Operator);
        job.MapPost("/pause", Pause).WithName("pauseJob").RequireRole(Role.Operator);
        job.MapPost("/resume", Resume).WithName("resumeJob").RequireRole(Role.Operator);
        job.MapPost("/cancel", Cancel).WithName("cancelJob").RequireRole(Role.Submitter);
        job.MapPost("/recover", Recover).WithName("recoverJob").RequireRole(Role.Operator).Refuses(ProblemCode.UnknownStep);
        job.MapPost("/priority", ChangePriority).WithName("changeJobPriority").RequireRole(Role.Operator).Refuses(ProblemCode.InvalidPriority);
    }

    /// <summary>Approve a job</summary>
    /// <remarks>It waits for that, and now runs.</remarks>
    /// <param name="id">The job's id.</param>
    internal static Answer Approve(string id, CommandRequest? request, Caller caller, HttpContext http, CommandSender sender) =>
        sender.Send(id, caller, http, (by, at) => new JobCommand.Approve(by, request?.Reason, at));

    /// <summary>Reject a job</summary>
    /// <remarks>It waits for approval, and is cancelled instead.</remarks>
    /// <param name="id">The job's id.</param>
    internal static Answer Reject(string id, CommandRequest? request, Caller caller, HttpContext http, CommandSender sender) =>
        sender.Send(id, caller, http, (by, at) => new JobCommand.Reject(by, request?.Reason, at));

    /// <summary>Pause a job</summary>
    /// <remarks>Running steps end; nothing new starts.</remarks>
    /// <param name="id">The job's id.</param>
    internal static Answer Pause(string id, CommandRequest? request, Caller caller, HttpContext http, CommandSender sender) =>
        sender.Send(id, caller, http, (by, at) => new JobCommand.Pause(by, request?.Reason, at));

    /// <summary>Resume a paused job</summary>
    /// <remarks>It goes on where it was.</remarks>
    /// <param name="id">The job's id.</param>
    internal static Answer Resume(string id, CommandRequest? request, Caller caller, HttpContext http, CommandSender sender) =>
        sender.Send(id, caller, http, (by, at) => new JobCommand.Resume(by, request?.Reason, at));

    /// <summary>Cancel a job</summary>
    /// <remarks>Running steps are asked to stop. Final.</remarks>
    /// <param name="id">The job's id.</param>
    internal static Answer Cancel(string id, CommandRequest? request, Caller caller, HttpContext http, CommandSender sender) =>
        sender.Send(id, caller, http, (by, at) => new JobCommand.Cancel(by, request?.Reason, at));

    /// <summary>Recover a failed job</summary>
    /// <remarks>It goes on from a step: that one and all that need it run again, earlier results stay.</remarks>
    /// <param name="id">The job's id.</param>
    internal static Answer Recover(string id, RecoverRequest request, Caller caller, HttpContext http, CommandSender sender) =>
        sender.Send(id, caller, http, (by, at) => new JobCommand.Recover(request.FromStep, by, request.Reason, at));

    /// <summary>Change a job's priority</summary>
    /// <remarks>Also of its steps that wait already.</remarks>
    /// <param name="id">The job's id.</param>
    internal static Answer ChangePriority(string id, PriorityRequest request, Caller caller, HttpContext http, CommandSender sender) =>
        sender.Send(id, caller, http, (by, at) => new JobCommand.ChangePriority(request.Priority, by, request.Reason, at));
}
