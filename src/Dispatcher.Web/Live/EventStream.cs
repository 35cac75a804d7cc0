using System.Reflection;
using System.Text.Json.Nodes;
using Dispatcher.Feed;
using Dispatcher.Web.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Dispatcher.Web.Live;

/// <summary>
/// A subscription as a response of server-sent events. It ends with the client, the server, the caller's key, or the job that it follows.
/// </summary>
/// <param name="inWords">What a contract of another system says of an event, null for nothing; without it events are told in their own words, with the progress between them.</param>
internal sealed class EventStream(FeedSubscription subscription, Caller caller, Func<FeedEvent, ValueTask<StreamMessage?>>? inWords = null) : IResult, IEndpointMetadataProvider
{
    private const string ContentType = "text/event-stream";

    /// <summary>How long a client waits before it comes back.</summary>
    private const int RetryMilliseconds = 2000;

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(string), [ContentType]));

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        using var _ = subscription;
        var stopping = httpContext.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(httpContext.RequestAborted, stopping, caller.Ended);
        using var connection = httpContext.RequestServices.GetRequiredService<LiveClock>().Watch(subscription.Poke, httpContext.Abort);
        var writer = Begin(httpContext, connection);
        try
        {
            await Send(writer, ended.Token);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // A server that stops asks for patience: it is about to be started again.
            if (!stopping.IsCancellationRequested || httpContext.RequestAborted.IsCancellationRequested) return;
            writer.Retry(SpreadRetryMilliseconds(httpContext));
            await writer.Flush();
        }
    }

    private EventStreamWriter Begin(HttpContext http, LiveConnection connection)
    {
        http.Response.ContentType = ContentType;
        http.Response.Headers.CacheControl = "no-cache, no-store";
        http.Response.Headers["X-Accel-Buffering"] = "no";
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        // How long a client may be slow is the clock's affair.
        if (http.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate) rate.MinDataRate = null;
        var body = http.Response.BodyWriter;
        return new EventStreamWriter(body, subscription.Scope, () => connection.Write(async () => await body.FlushAsync(http.RequestAborted)));
    }

    private async Task Send(EventStreamWriter writer, CancellationToken ended)
    {
        writer.Retry(RetryMilliseconds);
        writer.Position(subscription.Position);
        await writer.Flush();
        while (true)
        {
            var batch = await subscription.Read(ended);
            if (batch.IsClosed) return;
            if (batch.IsReload) writer.Reload(subscription.Position);
            if (batch.IsEmpty && subscription.End is { } end)
            {
                writer.End(end);
                await writer.Flush();
                return;
            }

            if (batch.IsEmpty) writer.Heartbeat(subscription.Position);
            await (inWords is null ? writer.Write(batch) : Tell(batch, inWords, writer));
        }
    }

    private static async ValueTask Tell(FeedBatch batch, Func<FeedEvent, ValueTask<StreamMessage?>> inWords, EventStreamWriter writer)
    {
        foreach (var next in batch.Events)
        {
            if (await inWords(next) is { } message) writer.Write(next, message);
        }

        await writer.Flush();
    }

    /// <summary>Not the same for all: a server that comes back is not asked by everybody at once.</summary>
    private static int SpreadRetryMilliseconds(HttpContext http) =>
        RetryMilliseconds + (int)((uint)http.Connection.Id.GetHashCode(StringComparison.Ordinal) % RetryMilliseconds);
}

/// <summary>An event in the words of a contract.</summary>
/// <param name="Name">Of the server-sent event.</param>
internal sealed record StreamMessage(string Name, JsonObject Data);
