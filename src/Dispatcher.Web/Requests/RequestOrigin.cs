using System.Diagnostics;
using Dispatcher.Coordination.Scheduling;
using Dispatcher.Jobs;
using Dispatcher.Web.Access;
using Microsoft.AspNetCore.Http;

namespace Dispatcher.Web.Requests;

/// <summary>Where a command comes from: for whom, by whom, and what it belongs to.</summary>
internal sealed record RequestOrigin(string Tenant, Principal By, string CorrelationId, string? TraceParent)
{
    private const int TraceParentCharacters = 55;

    public static RequestOrigin Of(Caller caller, HttpContext http) => new(
        caller.Tenant,
        caller.PrincipalFrom(http),
        http.CorrelationId(),
        Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity ? activity.Id : GivenTrace(http));

    /// <summary>The same, for a run of a schedule.</summary>
    public FiringOrigin OfFiring => new(By, CorrelationId, TraceParent);

    /// <summary>Without anybody who listens to traces there is no activity; the caller's trace goes on all the same.</summary>
    private static string? GivenTrace(HttpContext http) =>
        http.Request.Headers.TraceParent is [{ Length: TraceParentCharacters } trace] && ActivityContext.TryParse(trace, null, out _) ? trace : null;
}
