using Dispatcher.Jobs;
using Dispatcher.Web.Access;
using Dispatcher.Web.Jobs.Reading;
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
        var job = api.MapGroup("/jobs/{id}");
        job.MapPost("/approve", Approve).WithName("approveJob").RequireRole(Role.Operator);
        job.MapPost("/reject", Reject).WithName("rejectJob").RequireRole(Role.Operator);
        job.MapPost("/pause", Pause).WithName("pauseJob").RequireRole(Role.Operator);
        job.MapPost("/resume", Resume).WithName("resumeJob").RequireRole(Role.Operator);
        job.MapPost("/cancel", Cancel).WithName("cancelJob").RequireRole(Role.Submitter);
        job.MapPost("/recover", Recover).WithName("recoverJob").RequireRole(Role.Operator);
        job.MapPost("/priority", ChangePriority).WithName("changeJobPriority").RequireRole(Role.Operator);
    }

    private static Answer Approve(string id, CommandRequest? request, Caller caller, HttpContext http, CommandSender sender) =>
        sender.Send(id, caller, http, (by, at) => new JobCommand.Approve(by, request?.Reason, at));

    private static Answer Reject(string id, CommandRequest? request, Caller caller, HttpContext http, CommandSender sender) =>
        sender.Send(id, caller, http, (by, at) => new JobCommand.Reject(by, request?.Reason, at));

    private static Answer Pause(string id, CommandRequest? request, Caller caller, HttpContext http, CommandSender sender) =>
        sender.Send(id, caller, http, (by, at) => new JobCommand.Pause(by, request?.Reason, at));

    private static Answer Resume(string id, CommandRequest? request, Caller caller, HttpContext http, CommandSender sender) =>
        sender.Send(id, caller, http, (by, at) => new JobCommand.Resume(by, request?.Reason, at));

    private static Answer Cancel(string id, CommandRequest? request, Caller caller, HttpContext http, CommandSender sender) =>
        sender.Send(id, caller, http, (by, at) => new JobCommand.Cancel(by, request?.Reason, at));

    private static Answer Recover(string id, RecoverRequest request, Caller caller, HttpContext http, CommandSender sender) =>
        sender.Send(id, caller, http, (by, at) => new JobCommand.Recover(request.FromStep, by, request.Reason, at));

    private static Answer ChangePriority(string id, PriorityRequest request, Caller caller, HttpContext http, CommandSender sender) =>
        sender.Send(id, caller, http, (by, at) => new JobCommand.ChangePriority(request.Priority, by, request.Reason, at));
}
