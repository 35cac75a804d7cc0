using Dispatcher.Web.Hosting;
using Microsoft.Extensions.Hosting;

namespace Dispatcher.Web.Workers;

/// <summary>Answers the polls that wait as soon as the application begins to stop: the server waits for open requests, and these would take a minute.</summary>
internal sealed class WorkerShutdown(DispatcherEngine engine) : IHostedLifecycleService
{
    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        engine.Node.Workers?.StopLeasing();
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
