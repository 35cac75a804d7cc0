using Dispatcher.Feed;
using Dispatcher.Web.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Dispatcher.Web.Live;

/// <summary>What all responses of server-sent events have in common, whatever they tell: headers, signs of life, and their end with the client, the server or the caller's key.</summary>
internal static class EventStreamResponse
{
    private const string ContentType = "text/event-stream";

    /// <summary>How long a client waits before it comes back.</summary>
    private const int RetryMilliseconds = 2000;

    public static void Describe(EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(string), [ContentType]));

    /// <summary>Sends a stream until its end.</summary>
    /// <param name="scope">How positions are written.</param>
    /// <param name="beat">Called when a sign of life is due: makes the subscription's reader come back with nothing.</param>
    /// <param name="send">Reads and writes until the subscription ends or the token says that the stream does.</param>
    public static async Task Run(HttpContext http, Caller caller, FeedScope scope, Action beat, Func<EventStreamWriter, CancellationToken, Task> send)
    {
        var stopping = http.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, stopping, caller.Ended);
        using var connection = http.RequestServices.GetRequiredService<LiveClock>().Watch(beat, http.Abort);
        var writer = Begin(http, scope, connection);
        try
        {
            writer.Retry(RetryMilliseconds);
            await send(writer, ended.Token);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // A server that stops asks for patience: it is about to be started again.
            if (!stopping.IsCancellationRequested || http.RequestAborted.IsCancellationRequested) return;
            writer.Retry(SpreadRetryMilliseconds(http));
            await writer.Flush();
        }
    }

    private static EventStreamWriter Begin(HttpContext http, FeedScope scope, LiveConnection connection)
    {
        http.Response.ContentType = ContentType;
        http.Response.Headers.CacheControl = "no-cache, no-store";
        http.Response.Headers["X-Accel-Buffering"] = "no";
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        // How long a client may be slow is the clock's affair.
        if (http.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate) rate.MinDataRate = null;
        var body = http.Response.BodyWriter;
        return new EventStreamWriter(body, scope, () => connection.Write(async () => await body.FlushAsync(http.RequestAborted)));
    }

    /// <summary>Not the same for all: a server that comes back is not asked by everybody at once.</summary>
    private static int SpreadRetryMilliseconds(HttpContext http) =>
        RetryMilliseconds + (int)((uint)http.Connection.Id.GetHashCode(StringComparison.Ordinal) % RetryMilliseconds);
}
