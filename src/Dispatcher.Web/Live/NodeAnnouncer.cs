using System.Reflection;
using Dispatcher.Web.Hosting;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Hosting;

namespace Dispatcher.Web.Live;

/// <summary>Tells the clients of the hub how the node is: when they connect, when it has recovered, and when it stops.</summary>
internal sealed class NodeAnnouncer(DispatcherEngine engine, IHubContext<JobsHub> hub, IHostApplicationLifetime lifetime, TimeProvider time) : IHostedService
{
    private static readonly string Version = typeof(NodeAnnouncer).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";

    public NodeView Now()
    {
        var state = lifetime.ApplicationStopping.IsCancellationRequested ? "stopping" : engine.IsReady ? "ready" : "recovering";
        return new NodeView(state, engine.Store.Incarnation, Version, time.GetUtcNow());
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        lifetime.ApplicationStopping.Register(() => _ = Tell());
        _ = TellWhenReady();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task TellWhenReady()
    {
        await engine.Recovered;
        await Tell();
    }

    private Task Tell() => hub.Clients.All.SendAsync("NodeChanged", HubJson.Write(Now()));
}
