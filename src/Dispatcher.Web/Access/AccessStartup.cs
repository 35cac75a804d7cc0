using Dispatcher.Web.Hosting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Web.Access;

/// <summary>Reads the keys after the engine has opened the store and before the server listens, and says so when there are none.</summary>
internal sealed partial class AccessStartup(DispatcherEngine engine, KeyRing keys, ILogger<AccessStartup> logger) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await keys.Load(engine.Access);
        }
        catch (NotSupportedException)
        {
            // The store of this version has no keys.
        }

        if (!keys.HasKeys) LogOpen();
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(Level = LogLevel.Warning, Message = "No keys: everybody on this machine may do everything, and nobody else anything; `dispatcher key create` makes the first key")]
    private partial void LogOpen();
}
