using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Dispatcher.Feed;
using Dispatcher.Web.Access;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Limits;
using Dispatcher.Web.Live;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace Dispatcher.Web.Contracts.WorkflowCoordinator;

/// <summary>
/// The contract's topics as server-sent events: <c>GET /api/v3/events?topics=jobs:created,jobs:completed</c>. Each message is <c>{"event":"job_completed","job_id":123}</c>, and
/// <c>Last-Event-ID</c> goes on where a client stopped. The engine's own events, read in the contract's words; nothing is published twice.
/// </summary>
internal static class TopicStream
{
    private const string PositionHeader = "Last-Event-ID";

    /// <summary>Topics, the messages on them, and the engine's events that they are.</summary>
    private static readonly (string Topic, string Message, string[] Types)[] Topics =
    [
        ("jobs:created", "job_created", ["job.created"]),
        ("jobs:approved", "job_approved", ["job.approved"]),
        ("jobs:completed", "job_completed", ["job.completed"]),
        ("jobs:failed", "job_failed", ["job.failed", "job.cancelled", "job.rejected"]),
    ];

    public static void MapTopics(this IEndpointRouteBuilder api) => api.MapGet("/events", Stream).RequireRole(Role.Viewer).CountAsStream();

    private static async Task<IResult> Stream(string? topics, Caller caller, HttpContext http, DispatcherEngine engine, VideoJobs jobs, LiveClock clock)
    {
        var wanted = new HashSet<string>((topics ?? string.Join(',', Topics.Select(topic => topic.Topic))).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries), StringComparer.Ordinal);
        var unknown = wanted.Except(Topics.Select(topic => topic.Topic), StringComparer.Ordinal).ToList();
        if (unknown.Count > 0 || wanted.Count == 0)
            return VideoAnswer.Invalid([("topics", $"must name topics of {string.Join(", ", Topics.Select(topic => topic.Topic))}")]);
        var types = string.Join(',', Topics.Where(topic => wanted.Contains(topic.Topic)).SelectMany(topic => topic.Types));
        var scope = new FeedScope.OfWorkflow(caller.Tenant, VideoJobs.WorkflowName);
        if (LiveRequest.Read(scope, types, http.Request.Headers[PositionHeader].ToString(), PositionHeader, out var request) is { } refusal)
            return VideoAnswer.Error(StatusCodes.Status400BadRequest, refusal.Detail);
        var (subscription, full) = await request.Subscribe(engine.Node.Events);
        if (subscription is null) return full!.ToProblem(http);
        using (subscription) await Send(subscription, caller, http, engine, clock);
        return TypedResults.Empty;
    }

    private static async Task Send(FeedSubscription subscription, Caller caller, HttpContext http, DispatcherEngine engine, LiveClock clock)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, caller.Ended);
        using var connection = clock.Watch(subscription.Poke, http.Abort);
        http.Response.ContentType = "text/event-stream";
        http.Response.Headers.CacheControl = "no-cache, no-store";
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        var body = http.Response.BodyWriter;
        Write($"id: {Position(subscription)}\nevent: position\ndata: {{}}\n\n");
        try
        {
            while (true)
            {
                await connection.Write(async () => await body.FlushAsync(ended.Token));
                var batch = await subscription.Read(ended.Token);
                if (batch.IsClosed) return;
                if (batch.IsReload) Write($"id: {Position(subscription)}\nevent: reload\ndata: {{}}\n\n");
                if (batch.IsEmpty) Write($"id: {Position(subscription)}\nevent: position\ndata: {{}}\n\n");
                foreach (var next in batch.Events) if (await MessageOf(next, engine) is { } message) Write(message);
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The client has gone, or its key.
        }

        void Write(string text) => body.Write(Encoding.UTF8.GetBytes(text));
    }

    private static string Position(FeedSubscription subscription) => string.Create(CultureInfo.InvariantCulture, $"{subscription.Scope.PositionPrefix}{subscription.Position}");

    /// <summary>Null for what the contract does not tell of: a revision is no new job.</summary>
    private static async ValueTask<string?> MessageOf(FeedEvent next, DispatcherEngine engine)
    {
        if (await engine.Store.FindJob(next.JobId) is not { } row || VideoJobs.NumberOf(row) is not { } number || !long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var id)) return null;
        var (topic, message, _) = Topics.First(topic => topic.Types.Contains(next.Type, StringComparer.Ordinal));
        if (next.Type == "job.created" && VideoJobs.RevisionOf(row) > 1) return null;
        var data = new JsonObject { ["event"] = message, ["job_id"] = id };
        return string.Create(CultureInfo.InvariantCulture, $"id: {FeedScopePrefix(next)}\nevent: {topic}\ndata: {data.ToJsonString()}\n\n");
    }

    private static string FeedScopePrefix(FeedEvent next) => string.Create(CultureInfo.InvariantCulture, $"o{next.Ordering}");
}
