using Dispatcher.Web.Hosting;
using Microsoft.Extensions.Hosting;

namespace Dispatcher.Web.Stats;

/// <summary>Listens to the journal from the start on; registered after the engine, which opens it.</summary>
internal sealed class StatsStartup(DispatcherEngine engine, RecentRates rates) : IHostedService
{
    private IDisposable? _listening;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _listening = engine.Store.Listen(rates);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _listening?.Dispose();
        return Task.CompletedTask;
    }
}
