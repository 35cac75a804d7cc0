using Dispatcher.Store;
using Dispatcher.Web.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Web.Access;

/// <summary>
/// Reads the keys after the engine has opened the store and before the server listens, and says so when there are none. Reads them again when they were changed on
/// another node.
/// </summary>
internal sealed partial class AccessStartup(DispatcherEngine engine, KeyRing keys, CallerFinder callers, IServer server, TimeProvider time, ILogger<AccessStartup> logger) : IHostedService
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    /// <exception cref="UnguardedAddressException">Without keys the service would listen to other machines.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await keys.Load(engine.Access);
        engine.RegistryChanged += LoadSoon;
        if (!callers.IsOpen) return;
        if (engine.Options.Web.OwnsAllPaths && OpenAddress() is { } address) throw new UnguardedAddressException(address);
        LogOpen();
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        engine.RegistryChanged -= LoadSoon;
        return Task.CompletedTask;
    }

    private void LoadSoon(object? sender, EventArgs none) => _ = LoadAgain();

    private async Task LoadAgain()
    {
        while (!engine.IsStopping)
        {
            try
            {
                await keys.Load(engine.Access);
                return;
            }
            catch (StoreException failure)
            {
                LogNotRead(failure.Message);
            }

            await Task.Delay(RetryDelay, time);
        }
    }

    /// <summary>An address that other machines can reach; the server has been told its addresses and does not listen yet.</summary>
    private string? OpenAddress() => server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault(address => !IsOwn(BindingAddress.Parse(address)));

    private static bool IsOwn(BindingAddress address) => address.IsUnixPipe || address.IsNamedPipe || LocalAccess.IsLoopback(address.Host);

    [LoggerMessage(Level = LogLevel.Warning, Message = "No keys: everybody on this machine may do everything, and nobody else anything; `dispatcher key create` makes the first key")]
    private partial void LogOpen();

    [LoggerMessage(Level = LogLevel.Warning, Message = "The keys were changed and cannot be read; they are read again in a second: {Cause}")]
    private partial void LogNotRead(string cause);
}

/// <summary>The service would let everybody on the network do everything.</summary>
public sealed class UnguardedAddressException(string address) : Exception(
    $"There are no keys, so the service does not listen on {address}, where other machines reach it. Make a key first with `dispatcher key create --tenant default --role admin`, or listen on 127.0.0.1.");
