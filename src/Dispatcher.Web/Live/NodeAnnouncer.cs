using System.Reflection;
using Dispatcher.Web.Hosting;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Hosting;

namespace Dispatcher.Web.Live;

/// <summary>
/// Tells the clients of the hub how the node is: when they connect, and when it has recovered. That it stops they see by their connection, which closes before a
/// message would come through.
/// </summary>
internal sealed class NodeAnnouncer(DispatcherEngine engine, IHubContext<JobsHub> hub, TimeProvider time) : IHostedLifecycleService
{
    private static readonly string Version = typeof(NodeAnnouncer).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";

    public NodeView Now() => new(engine.IsReady ? "ready" : "recovering", engine.Store.Incarnation, Version, time.GetUtcNow());

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        engine.Reborn += TellSoon;
        _ = TellWhenReady();
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken)
    {
        engine.Reborn -= TellSoon;
        return Task.CompletedTask;
    }

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void TellSoon(object? sender, EventArgs none) => _ = TellWhenReady();

    private async Task TellWhenReady()
    {
        await engine.Recovered;
        await hub.Clients.All.SendAsync("NodeChanged", HubJson.Write(Now()));
    }
}
