using System.Reflection;
using Dispatcher.Web.Hosting;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Hosting;

namespace Dispatcher.Web.Live;

/// <summary>Tells the clients of the hub how the node is: when they connect, when it has recovered, and when it stops.</summary>
internal sealed class NodeAnnouncer(DispatcherEngine engine, IHubContext<JobsHub> hub, TimeProvider time) : IHostedLifecycleService
{
    private static readonly string Version = typeof(NodeAnnouncer).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";

    private volatile bool _isStopping;

    public NodeView Now()
    {
        var state = _isStopping ? "stopping" : engine.IsReady ? "ready" : "recovering";
        return new NodeView(state, engine.Store.Incarnation, Version, time.GetUtcNow());
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _ = TellWhenReady();
        return Task.CompletedTask;
    }

    /// <summary>Before the connections are closed.</summary>
    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        _isStopping = true;
        return Tell();
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task TellWhenReady()
    {
        await engine.Recovered;
        await Tell();
    }

    private Task Tell() => hub.Clients.All.SendAsync("NodeChanged", HubJson.Write(Now()));
}
