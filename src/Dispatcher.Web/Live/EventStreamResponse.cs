using Dispatcher.Feed;
using Dispatcher.Web.Access;
using Dispatcher.Web.Limits;
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

    /// <summary>A server that stops does not wait longer for a client that does not read.</summary>
    private static readonly TimeSpan LastWordLimit = TimeSpan.FromSeconds(2);

    public static void Describe(EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(string), [ContentType]));

    /// <summary>Sends a stream until its end.</summary>
    /// <param name="scope">How positions are written.</param>
    /// <param name="beat">Called when a sign of life is due: makes the subscription's reader come back with nothing.</param>
    /// <param name="send">Reads and writes until the subscription ends or the token says that the stream does.</param>
    public static async Task Run(HttpContext http, Caller caller, FeedScope scope, Action beat, Func<EventStreamWriter, CancellationToken, Task> send)
    {
        var stopping = http.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        var left = ClientLeft.Of(http);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(left, stopping, caller.Ended);
        // What is on its way when the server stops has a moment more: to cut it off would cut the connection.
        using var sending = CancellationTokenSource.CreateLinkedTokenSource(left, caller.Ended);
        using var patience = stopping.Register(() => sending.CancelAfter(LastWordLimit));
        using var connection = http.RequestServices.GetRequiredService<LiveClock>().Watch(beat, http.Abort);
        Begin(http);
        var writer = new EventStreamWriter(http.Response.BodyWriter, scope, () => connection.Write(async () => await http.Response.BodyWriter.FlushAsync(sending.Token)));
        try
        {
            writer.Retry(RetryMilliseconds);
            await send(writer, ended.Token);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The stream has ended; only a server that stops says more.
        }

        // A server that stops asks for patience: it is about to be started again. Its feed may have been closed before this stream was told.
        if (!stopping.IsCancellationRequested || sending.IsCancellationRequested) return;
        writer.Retry(SpreadRetryMilliseconds(http));
        await writer.Flush();
    }

    private static void Begin(HttpContext http)
    {
        http.Response.ContentType = ContentType;
        http.Response.Headers.CacheControl = "no-cache, no-store";
        http.Response.Headers["X-Accel-Buffering"] = "no";
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        // How long a client may be slow is the clock's affair.
        if (http.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate) rate.MinDataRate = null;
    }

    /// <summary>Not the same for all: a server that comes back is not asked by everybody at once.</summary>
    private static int SpreadRetryMilliseconds(HttpContext http) =>
        RetryMilliseconds + (int)((uint)http.Connection.Id.GetHashCode(StringComparison.Ordinal) % RetryMilliseconds);
}
