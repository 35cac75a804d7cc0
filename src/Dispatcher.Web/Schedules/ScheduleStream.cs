using System.Reflection;
using Dispatcher.Feed;
using Dispatcher.Web.Access;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Live;
using Dispatcher.Web.Problems;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Metadata;

namespace Dispatcher.Web.Schedules;

/// <summary>
/// What happens to schedules, as server-sent events: <c>data: {"type":"scheduler.job_completed","payload":{"job_id","status"},...}</c>. Events of runs have an <c>id:</c> to
/// resume from; changes of schedules are told once.
/// </summary>
internal sealed class ScheduleStream(ScheduleSubscription subscription, Caller caller) : IResult, IEndpointMetadataProvider
{
    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) => EventStreamResponse.Describe(builder);

    /// <summary>Follow schedules</summary>
    /// <remarks>Changes of the tenant's schedules, and their runs' starts and ends, from now on or from a position.</remarks>
    /// <param name="after">The position of the last event that the client has.</param>
    internal static async Task<Results<ScheduleStream, ProblemHttpResult>> Stream(string? after, Caller caller, HttpContext http, DispatcherEngine engine)
    {
        var header = http.Request.Headers["Last-Event-ID"].ToString();
        var (subscription, refusal) = await Subscribe(engine, caller.Tenant, header.Length > 0 ? header : after);
        return subscription is null ? refusal!.ToProblem(http) : new ScheduleStream(subscription, caller);
    }

    public static async ValueTask<(ScheduleSubscription? Subscription, Refusal? Refusal)> Subscribe(DispatcherEngine engine, string tenant, string? after)
    {
        if (LiveRequest.Read(new FeedScope.OfTenant(tenant), null, after, "after", out var request) is { } refusal) return (null, refusal);
        try
        {
            return (await engine.Node.ScheduleFeed.Subscribe(engine.Node.Events, tenant, request.Position), null);
        }
        catch (FeedFullException full)
        {
            return (null, LiveRequest.Refuse(full));
        }
    }

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        using var _ = subscription;
        await EventStreamResponse.Run(httpContext, caller, subscription.Scope, subscription.Poke, Send);
    }

    private async Task Send(EventStreamWriter writer, CancellationToken ended)
    {
        writer.Position(subscription.Position);
        await writer.Flush();
        while (await subscription.Read(ended) is { IsClosed: false } batch)
        {
            if (batch.IsReload) writer.Reload(subscription.Position);
            if (batch.IsEmpty) writer.Heartbeat(subscription.Position);
            await writer.Write(batch.Events);
        }
    }
}
