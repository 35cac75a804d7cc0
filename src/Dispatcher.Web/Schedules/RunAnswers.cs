using Dispatcher.JobActors;
using Dispatcher.Web.Json;
using Dispatcher.Web.Problems;
using Dispatcher.Web.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Dispatcher.Web.Schedules;

/// <summary>Tells what came of asking for a job of a schedule or pattern.</summary>
internal static class RunAnswers
{
    public static Results<JsonCreated<RunReceipt>, JsonOk<RunReceipt>, Accepted<RunReceipt>, ProblemHttpResult> Of(CommandReply reply, HttpContext http) => reply switch
    {
        CommandReply.Done done => JsonAnswers.Created(ApiPaths.Job(done.JobId), RunReceipt.Of(done.JobId, isNew: true)),
        CommandReply.Accepted accepted => TypedResults.Accepted(ApiPaths.Job(accepted.JobId), RunReceipt.Of(accepted.JobId, isNew: true)),
        CommandReply.Duplicate duplicate => JsonAnswers.Ok(RunReceipt.Of(duplicate.Existing, isNew: false)),
        CommandReply.Refused refused => ScheduleRefusals.Of(refused.Rejection).ToProblem(http),
        CommandReply.Unavailable unavailable => Refusal.Unavailable(unavailable).ToProblem(http),
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
