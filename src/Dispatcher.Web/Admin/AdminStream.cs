using System.Buffers;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Threading.Channels;
using Dispatcher.Web.Access;
using Dispatcher.Web.Live;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Dispatcher.Web.Admin;

/// <param name="Id">What a client sends back to go on; null if the stream cannot be resumed.</param>
/// <param name="Name">The event's name.</param>
/// <param name="Json">Its data.</param>
internal sealed record StreamEvent(long? Id, string Name, ReadOnlyMemory<byte> Json);

/// <summary>
/// Server-sent events for an operator. The source is asked for more only as the client takes them; it ends with the client, the server, or the caller's key. A client
/// that does not read is cut off, as on the other live streams.
/// </summary>
internal sealed class AdminStream(Func<CancellationToken, IAsyncEnumerable<StreamEvent>> source, Caller caller) : IResult, IEndpointMetadataProvider
{
    private const string ContentType = "text/event-stream";
    private const int QueueLimit = 16;

    private static readonly ReadOnlyMemory<byte> Heartbeat = ":\n\n"u8.ToArray();

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(string), [ContentType]));

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var stopping = httpContext.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(httpContext.RequestAborted, stopping, caller.Ended);
        var queue = Channel.CreateBounded<ReadOnlyMemory<byte>>(QueueLimit);
        using var connection = httpContext.RequestServices.GetRequiredService<LiveClock>().Watch(() => queue.Writer.TryWrite(Heartbeat), httpContext.Abort);
        Begin(httpContext);
        var pump = Pump(queue.Writer, ended.Token);
        try
        {
            var body = httpContext.Response.BodyWriter;
            await connection.Write(async () => await body.FlushAsync(ended.Token));
            await foreach (var bytes in queue.Reader.ReadAllAsync(ended.Token))
            {
                body.Write(bytes.Span);
                await connection.Write(async () => await body.FlushAsync(ended.Token));
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The client, its key or the server has ended.
        }

        await ended.CancelAsync();
        await pump;
    }

    /// <summary>A source that fails ends the stream; the client comes back and is told why.</summary>
    private async Task Pump(ChannelWriter<ReadOnlyMemory<byte>> queue, CancellationToken ended)
    {
        Exception? failure = null;
        try
        {
            await foreach (var next in source(ended)) await queue.WriteAsync(Encode(next), ended);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // Whoever reads knows.
        }
        catch (Exception fault)
        {
            failure = fault;
        }

        queue.TryComplete(failure);
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

    private static ReadOnlyMemory<byte> Encode(StreamEvent next)
    {
        var bytes = new ArrayBufferWriter<byte>(next.Json.Length + 64);
        if (next.Id is { } id) Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"id: {id}\n"), bytes);
        Encoding.UTF8.GetBytes($"event: {next.Name}\ndata: ", bytes);
        bytes.Write(next.Json.Span);
        bytes.Write("\n\n"u8);
        return bytes.WrittenMemory;
    }
}
