using Dispatcher.Web.Hosting;
using Microsoft.Extensions.Hosting;

namespace Dispatcher.Web.Stats;

/// <summary>Listens to what this server writes from the start on; registered after the engine, which opens the journal.</summary>
internal sealed class StatsStartup(DispatcherEngine engine, RecentRates rates) : IHostedService
{
    private IDisposable? _listening;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        Listen();
        engine.Reborn += ListenAnew;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        engine.Reborn -= ListenAnew;
        _listening?.Dispose();
        return Task.CompletedTask;
    }

    private void ListenAnew(object? sender, EventArgs none) => Listen();

    private void Listen()
    {
        _listening?.Dispose();
        _listening = engine.Store.ListenToOwn(rates);
    }
}
