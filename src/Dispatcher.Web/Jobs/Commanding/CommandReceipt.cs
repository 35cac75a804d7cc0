using Dispatcher.Jobs;
using Dispatcher.Web.Jobs.Creating;
using Dispatcher.Web.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Dispatcher.Web.Jobs.Commanding;

/// <summary>
/// What is durable and waits for the node that owns the job; what comes of it shows in the job, at its link. It takes effect exactly once, or is refused.
/// </summary>
/// <param name="Status">Always <c>accepted</c>.</param>
internal sealed record CommandReceipt(JobId Id, string Status, SelfLink Links)
{
    public static CommandReceipt Of(JobId id) => new(id, "accepted", new SelfLink(ApiPaths.Job(id)));

    public Accepted<CommandReceipt> ToAnswer() => TypedResults.Accepted(Links.Self, this);
}
