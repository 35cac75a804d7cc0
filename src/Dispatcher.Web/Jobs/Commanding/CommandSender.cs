using System.Diagnostics;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Web.Access;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Jobs.Reading;
using Dispatcher.Web.Problems;
using Dispatcher.Web.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Dispatcher.Web.Jobs.Commanding;

/// <summary>Gives a caller's command to a job of the caller's tenant, at the version that it asks for.</summary>
internal sealed class CommandSender(DispatcherEngine engine)
{
    /// <param name="job">The job's id as it stands in the path.</param>
    /// <param name="command">The command, from who gives it and when.</param>
    public async Task<Results<Ok<JobView>, Accepted<CommandReceipt>, ProblemHttpResult>> Send(string job, Caller caller, HttpContext http, Func<Principal, DateTimeOffset, JobCommand> command)
    {
        if (!JobId.TryParse(job, out var id)) return UnknownJob.Refuse(job).ToProblem(http);
        var expected = VersionTag.Expected(http.Request, out var refusal);
        if (refusal is not null) return refusal.ToProblem(http);
        var order = command(caller.PrincipalFrom(http), engine.Gateway.Now);
        switch (await engine.Gateway.Send(id, order, new CommandGuard(caller.Tenant, expected)))
        {
            case CommandReply.Done done:
                http.Response.Headers.ETag = VersionTag.Of(done.SequenceNr).ToString();
                return TypedResults.Ok(JobViews.Of(done.State));
            case CommandReply.Accepted accepted:
                return CommandReceipt.Of(accepted.JobId).ToAnswer();
            case CommandReply.Refused { State: null, Rejection.Code: "not-found" }:
                return UnknownJob.Refuse(job).ToProblem(http);
            case CommandReply.Refused refused:
                return Rejections.ToRefusal(refused).ToProblem(http);
            case CommandReply.Unavailable unavailable:
                return Refusal.Unavailable(unavailable).ToProblem(http);
            default:
                throw new UnreachableException();
        }
    }
}
