using Dispatcher.Feed;
using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Web.Problems;
using Microsoft.AspNetCore.Http;

namespace Dispatcher.Web.Live;

/// <summary>What a client asks to follow, whether it comes over HTTP or the hub: checked here, once, against what the caller may see.</summary>
/// <param name="Position">Null if the client does not say from where.</param>
internal sealed record LiveRequest(FeedScope Scope, long? Position, FeedTypes Types)
{
    private const int FullRetryAfterSeconds = 5;

    /// <param name="positionName">Where the position was given: <c>after</c> or <c>Last-Event-ID</c>.</param>
    public static Refusal? Read(FeedScope scope, string? types, string? position, string positionName, out LiveRequest request)
    {
        request = new LiveRequest(scope, Position: null, FeedTypes.All);
        if (!FeedTypes.TryRead(types, out var wanted, out var unknown))
            return Refusal.Invalid("invalid-types", $"types names '{Excerpt.Of(unknown)}', which is no event; known are {string.Join(", ", FeedTypes.Names.Order(StringComparer.Ordinal))}, job.* and step.*.");
        request = request with { Types = wanted };
        if (string.IsNullOrEmpty(position)) return null;
        if (!scope.TryRead(position, out var read))
            return Refusal.Invalid("invalid-position", $"{positionName} is '{Excerpt.Of(position)}'; expected {Expected(scope)}.");
        request = request with { Position = read };
        return null;
    }

    /// <summary>A job's scope, with its row; null if there is no such job for the tenant.</summary>
    public static async ValueTask<(FeedScope.OfJob Scope, JobRow Row)?> FindJob(IJobStore store, string id, string tenant)
    {
        if (!JobId.TryParse(id, out var jobId) || await store.FindJob(jobId) is not { } row || row.Tenant != tenant) return null;
        return (new FeedScope.OfJob(jobId, JobAddress.Of(row)), row);
    }

    public static FeedScope OfTenant(string tenant, string? workflow) =>
        string.IsNullOrEmpty(workflow) ? new FeedScope.OfTenant(tenant) : new FeedScope.OfWorkflow(tenant, workflow);

    /// <summary>Begins to follow. Without a subscription there is a refusal.</summary>
    public async ValueTask<(FeedSubscription? Subscription, Refusal? Refusal)> Subscribe(EventFeed feed)
    {
        try
        {
            return (await feed.Subscribe(Scope, Position, Types), null);
        }
        catch (FeedFullException full)
        {
            return (null, Refuse(full));
        }
    }

    internal static Refusal Refuse(FeedFullException full) => full.IsOfTenant
        ? new(StatusCodes.Status429TooManyRequests, "too-many-requests", $"Your tenant has {full.Limit} live subscriptions here, over all its connections, which is the limit; close some.")
        { RetryAfterSeconds = FullRetryAfterSeconds }
        : new(StatusCodes.Status503ServiceUnavailable, "too-many-streams", "This server serves as many live streams as it may; close some, or try again later.")
        { RetryAfterSeconds = FullRetryAfterSeconds };

    private static string Expected(FeedScope scope) => scope is FeedScope.OfJob ? "the number of an event of the job, such as 17" : "an id of this stream, such as o123";
}
