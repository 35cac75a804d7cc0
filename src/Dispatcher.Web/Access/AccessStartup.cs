using Dispatcher.Web.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Web.Access;

/// <summary>Reads the keys after the engine has opened the store and before the server listens, and says so when there are none.</summary>
internal sealed partial class AccessStartup(DispatcherEngine engine, KeyRing keys, CallerFinder callers, IServer server, ILogger<AccessStartup> logger) : IHostedService
{
    /// <exception cref="UnguardedAddressException">Without keys the service would listen to other machines.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await keys.Load(engine.Access);
        if (!callers.IsOpen) return;
        if (engine.Options.Web.OwnsAllPaths && OpenAddress() is { } address) throw new UnguardedAddressException(address);
        LogOpen();
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>An address that other machines can reach; the server has been told its addresses and does not listen yet.</summary>
    private string? OpenAddress() => server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault(address => !IsOwn(BindingAddress.Parse(address)));

    private static bool IsOwn(BindingAddress address) => address.IsUnixPipe || address.IsNamedPipe || LocalAccess.IsLoopback(address.Host);

    [LoggerMessage(Level = LogLevel.Warning, Message = "No keys: everybody on this machine may do everything, and nobody else anything; `dispatcher key create` makes the first key")]
    private partial void LogOpen();
}

/// <summary>The service would let everybody on the network do everything.</summary>
public sealed class UnguardedAddressException(string address) : Exception(
    $"There are no keys, so the service does not listen on {address}, where other machines reach it. Make a key first with `dispatcher key create --tenant default --role admin`, or listen on 127.0.0.1.");
