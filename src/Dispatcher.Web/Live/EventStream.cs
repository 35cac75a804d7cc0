using System.Reflection;
using System.Text.Json.Nodes;
using Dispatcher.Feed;
using Dispatcher.Web.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace Dispatcher.Web.Live;

/// <summary>
/// A subscription as a response of server-sent events. It ends with the client, the server, the caller's key, or the job that it follows.
/// </summary>
/// <param name="inWords">What a contract of another system says of an event, null for nothing; without it events are told in their own words, with the progress between them.</param>
internal sealed class EventStream(FeedSubscription subscription, Caller caller, Func<FeedEvent, ValueTask<StreamMessage?>>? inWords = null) : IResult, IEndpointMetadataProvider
{
    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) => EventStreamResponse.Describe(builder);

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        using var _ = subscription;
        await EventStreamResponse.Run(httpContext, caller, subscription.Scope, subscription.Poke, Send);
    }

    private async Task Send(EventStreamWriter writer, CancellationToken ended)
    {
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
            if (await inWords(next) is { } message) await writer.Write(next, message);
        }

        await writer.Flush();
    }
}

/// <summary>An event in the words of a contract.</summary>
/// <param name="Name">Of the server-sent event.</param>
internal sealed record StreamMessage(string Name, JsonObject Data);
