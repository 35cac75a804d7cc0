using System.Text.Json;
using Dispatcher.Feed;
using Dispatcher.Web.Access;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Jobs;
using Dispatcher.Web.Problems;
using Dispatcher.Web.Schedules;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Web.Live;

/// <summary>
/// The live feed over SignalR: <c>Subscribe</c> and <c>Unsubscribe</c>; messages <c>JobEvent</c> and <c>JobProgress</c> (the JSON of server-sent events, and the
/// subscription's name), <c>Reload</c> and <c>NodeChanged</c>. Refusals are hub exceptions that begin with the code of a problem: <c>not-found: …</c>.
/// </summary>
internal sealed class JobsHub(DispatcherEngine engine, LiveClock clock, NodeAnnouncer node, IHubContext<JobsHub> hub, ILogger<JobsHub> logger) : Hub
{
    public const string Path = "/hubs/jobs";

    /// <summary>Bytes of one message of a client; more closes the connection.</summary>
    public const int MessageLimitBytes = 32 * 1024;

    public override async Task OnConnectedAsync()
    {
        var caller = Caller.Of(Context.GetHttpContext()!) ?? throw new HubException("unauthorized: The hub needs a caller.");
        Context.Items[typeof(HubClient)] = new HubClient(hub.Clients.Client(Context.ConnectionId), Context.Abort, Context.ConnectionAborted, caller, clock, logger);
        await Clients.Caller.SendAsync("NodeChanged", HubJson.Write(node.Now()), Context.ConnectionAborted);
    }

    public override Task OnDisconnectedAsync(Exception? exception)
    {
        if (Context.Items.TryGetValue(typeof(HubClient), out var client)) ((HubClient)client!).Dispose();
        return Task.CompletedTask;
    }

    /// <param name="request">A <see cref="SubscribeRequest"/>.</param>
    /// <returns>A <see cref="SubscribedView"/>. Messages may come before it.</returns>
    public async Task<RawJson> Subscribe(JsonElement request)
    {
        var wanted = await Read(request);
        var (subscription, refused) = await wanted.Subscribe(engine.Node.Events);
        if (subscription is null) throw Refused(refused!);
        var position = subscription.Scope.Write(subscription.Position);
        if (Client.TryAdd(subscription, out var name)) return HubJson.Write(new SubscribedView(name, position));
        subscription.Dispose();
        throw new HubException($"too-many-subscriptions: A connection follows at most {HubClient.SubscriptionLimit} things; unsubscribe from some.");
    }

    /// <summary>Follows the tenant's schedules: messages <c>ScheduleEvent</c>, with the JSON of their server-sent events.</summary>
    /// <param name="after">The position after which to begin; from now on if null.</param>
    /// <returns>A <see cref="SubscribedView"/>.</returns>
    public async Task<RawJson> SubscribeSchedules(string? after)
    {
        var (subscription, refused) = await ScheduleStream.Subscribe(engine, Client.Caller.Tenant, after);
        if (subscription is null) throw Refused(refused!);
        var position = subscription.Scope.Write(subscription.Position);
        if (Client.TryAdd(subscription, out var name)) return HubJson.Write(new SubscribedView(name, position));
        subscription.Dispose();
        throw new HubException($"too-many-subscriptions: A connection follows at most {HubClient.SubscriptionLimit} things; unsubscribe from some.");
    }

    /// <summary>Ends a subscription; one that has ended is no error.</summary>
    public void Unsubscribe(string subscription) => Client.Remove(subscription);

    private HubClient Client => (HubClient)Context.Items[typeof(HubClient)]!;

    private async ValueTask<LiveRequest> Read(JsonElement json)
    {
        var request = Parse(json);
        var tenant = Client.Caller.Tenant;
        if (request.Tenant is { } other && other != tenant) throw new HubException("not-found: There is no such tenant for you; leave tenant out.");
        FeedScope scope;
        if (request.Job is { } id)
        {
            if (request.Workflow is not null) throw new HubException("invalid-request: Give job or workflow, not both.");
            scope = (await LiveRequest.FindJob(engine.Store, id, tenant))?.Scope ?? throw Refused(UnknownJob.Refuse(id));
        }
        else
        {
            scope = LiveRequest.OfTenant(tenant, request.Workflow);
        }

        return LiveRequest.Read(scope, request.Types, request.After, "after", out var wanted) is { } refusal ? throw Refused(refusal) : wanted;
    }

    private static SubscribeRequest Parse(JsonElement json)
    {
        try
        {
            return json.Deserialize(HubJson.Default.SubscribeRequest) ?? throw new HubException("invalid-request: Say what to follow, for example {\"job\": \"…\"}.");
        }
        catch (JsonException fault)
        {
            throw new HubException($"invalid-request: {fault.Message} Known are tenant, job, workflow, types and after.", fault);
        }
    }

    private static HubException Refused(Refusal refusal) => new($"{refusal.Code}: {refusal.Detail}");
}
