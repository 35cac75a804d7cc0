using System.Buffers;
using System.IO.Pipelines;
using System.Reflection;
using System.Text;
using Dispatcher.Feed;
using Dispatcher.Web.Access;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Live;
using Dispatcher.Web.Problems;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Dispatcher.Web.Schedules;

/// <summary>
/// What happens to schedules, as server-sent events: <c>data: {"type":"scheduler.job_completed","payload":{"job_id","status"},...}</c>. Events of runs have an <c>id:</c> to
/// resume from; changes of schedules are told once.
/// </summary>
internal sealed class ScheduleStream(ScheduleSubscription subscription, Caller caller) : IResult, IEndpointMetadataProvider
{
    private const string ContentType = "text/event-stream";

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(string), [ContentType]));

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
        var stopping = httpContext.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(httpContext.RequestAborted, stopping, caller.Ended);
        using var connection = httpContext.RequestServices.GetRequiredService<LiveClock>().Watch(subscription.Poke, httpContext.Abort);
        httpContext.Response.ContentType = ContentType;
        httpContext.Response.Headers.CacheControl = "no-cache, no-store";
        httpContext.Response.Headers["X-Accel-Buffering"] = "no";
        httpContext.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        if (httpContext.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate) rate.MinDataRate = null;
        try
        {
            await Send(httpContext.Response.BodyWriter, () => connection.Write(async () => await httpContext.Response.BodyWriter.FlushAsync(httpContext.RequestAborted)), ended.Token);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The client or the server is gone; whoever comes back resumes.
        }
    }

    private async Task Send(PipeWriter body, Func<ValueTask> flush, CancellationToken ended)
    {
        Write(body, $"retry: 2000\n\nevent: position\nid: {subscription.Position}\ndata: {{\"position\":\"{subscription.Position}\"}}\n\n");
        await flush();
        while (await subscription.Read(ended) is { IsClosed: false } batch)
        {
            if (batch.IsReload) Write(body, $"event: reload\nid: {subscription.Position}\ndata: {{\"position\":\"{subscription.Position}\"}}\n\n");
            foreach (var next in batch.Events)
            {
                if (next.Position is { } position) Write(body, $"id: {position}\n");
                Write(body, "data: ");
                body.Write(next.ToJson().Span);
                Write(body, "\n\n");
            }

            if (batch.Events.Count == 0 && !batch.IsReload) Write(body, ":\n\n");
            await flush();
        }
    }

    private static void Write(PipeWriter body, string text) => Encoding.UTF8.GetBytes(text, body);
}
