using Dispatcher.Web.Hosting;
using Microsoft.Extensions.Hosting;

namespace Dispatcher.Web.Stats;

/// <summary>Listens to what this server writes from the start on; registered after the engine, which opens the journal.</summary>
internal sealed class StatsStartup(DispatcherEngine engine, RecentRates rates) : IHostedService
{
    private IDisposable? _listening;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _listening = engine.Store.ListenToOwn(rates);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _listening?.Dispose();
        return Task.CompletedTask;
    }
}
