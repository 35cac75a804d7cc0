using System.Text.Json.Nodes;
using Dispatcher.Feed;
using Dispatcher.Web.Access;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Limits;
using Dispatcher.Web.Live;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
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

    private static async Task<IResult> Stream(string? topics, Caller caller, HttpContext http, DispatcherEngine engine, VideoJobs jobs)
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
        return subscription is null ? full!.ToProblem(http) : new EventStream(subscription, caller, next => MessageOf(next, caller.Tenant, jobs));
    }

    /// <summary>Null for what the contract does not tell of: a revision is no new job.</summary>
    private static async ValueTask<StreamMessage?> MessageOf(FeedEvent next, string tenant, VideoJobs jobs)
    {
        if (await jobs.ReadIfReadable(next.JobId, tenant) is not { } job || (next.Type == "job.created" && job.Document.Revision > 1)) return null;
        var (topic, message, _) = Topics.First(topic => topic.Types.Contains(next.Type, StringComparer.Ordinal));
        return new StreamMessage(topic, new JsonObject { ["event"] = message, ["job_id"] = job.Document.Number });
    }
}
