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

using Answer = Task<Results<Ok<JobView>, Accepted<CommandReceipt>, ProblemHttpResult>>;

/// <summary>The commands of people to one job. Each answers with the job after it, or that it is durable if the job's owner does not answer soon.</summary>
internal static class CommandEndpoints
{
    public static void MapCommands(this IEndpointRouteBuilder api)
    {
        var job = api.MapGroup("/jobs/{id}")
            .WithRequestHeader("If-Match", "The version that the job must have, as its ETag shows it.")
            .WithAnswerHeader("ETag", "The job's version after the command, in quotes.")
            .Refuses(ProblemCode.NotFound, ProblemCode.InvalidIfMatch, ProblemCode.ReasonTooLong, ProblemCode.InvalidStatus, ProblemCode.VersionConflict);
        job.MapPost("/approve", Approve).WithName("approveJob").RequireRole(Role.Operator).Refuses(ProblemCode.UnknownStep);
        job.MapPost("/reject", Reject).WithName("rejectJob").RequireRole(Role.Operator).Refuses(ProblemCode.UnknownStep);
        job.MapPost("/amend", Amend).WithName("amendJob").RequireRole(Role.Submitter).Refuses(ProblemCode.InvalidInput, ProblemCode.PayloadTooLarge);
        job.MapPost("/pause", Pause).WithName("pauseJob").RequireRole(Role.Operator);
        job.MapPost("/resume", Resume).WithName("resumeJob").RequireRole(Role.Operator);
        job.MapPost("/cancel", Cancel).WithName("cancelJob").RequireRole(Role.Submitter);
        job.MapPost("/recover", Recover).WithName("recoverJob").RequireRole(Role.Operator).Refuses(ProblemCode.UnknownStep, ProblemCode.QuotaExceeded);
        job.MapPost("/steps/{step}/retry", Retry).WithName("retryStep").RequireRole(Role.Operator).Refuses(ProblemCode.UnknownStep, ProblemCode.QuotaExceeded);
        job.MapPost("/priority", ChangePriority).WithName("changeJobPriority").RequireRole(Role.Operator).Refuses(ProblemCode.InvalidPriority);
    }

    /// <summary>Approve a job or a step</summary>
    /// <remarks>What waits for that goes on.</remarks>
    /// <param name="id">The job's id.</param>
    internal static Answer Approve(string id, DecisionRequest? request, Caller caller, HttpContext http, CommandSender sender) =>
        sender.Send(id, caller, http, (by, at) => new JobCommand.ApproveStep(StepText.Parse(request?.Step), by, request?.Reason, at));

    /// <summary>Reject a job or a step</summary>
    /// <remarks>A job that waits for approval is cancelled; a step fails for good.</remarks>
    /// <param name="id">The job's id.</param>
    internal static Answer Reject(string id, DecisionRequest? request, Caller caller, HttpContext http, CommandSender sender) =>
        sender.Send(id, caller, http, (by, at) => new JobCommand.RejectStep(StepText.Parse(request?.Step), by, request?.Reason, at));

    /// <summary>Give a job another input</summary>
    /// <remarks>Only while it waits for its approval: what was approved never changes.</remarks>
    /// <param name="id">The job's id.</param>
    internal static Answer Amend(string id, AmendRequest request, Caller caller, HttpContext http, CommandSender sender) =>
        sender.Send(id, caller, http, (by, at) => new JobCommand.Amend(request.Input, by, request.Reason, at));

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
        sender.Send(id, caller, http, (by, at) => new JobCommand.Recover(request.FromStep, by, request.Reason, at) { PassOver = request.PassOver == true });

    /// <summary>Try a step again</summary>
    /// <remarks>At once, if it waits for its next attempt; a failed job is recovered from the step.</remarks>
    /// <param name="id">The job's id.</param>
    /// <param name="step">The step's id; of an item `render[3]`.</param>
    internal static Answer Retry(string id, string step, CommandRequest? request, Caller caller, HttpContext http, CommandSender sender) =>
        sender.Send(id, caller, http, (by, at) => new JobCommand.RetryStep(StepText.Parse(step)!.Value, by, request?.Reason, at));

    /// <summary>Change a job's priority</summary>
    /// <remarks>Also of its steps that wait already.</remarks>
    /// <param name="id">The job's id.</param>
    internal static Answer ChangePriority(string id, PriorityRequest request, Caller caller, HttpContext http, CommandSender sender) =>
        sender.Send(id, caller, http, (by, at) => new JobCommand.ChangePriority(request.Priority, by, request.Reason, at));
}
