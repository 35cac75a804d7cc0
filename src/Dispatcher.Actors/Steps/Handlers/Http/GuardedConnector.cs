using System.Net;
using System.Net.Sockets;

namespace Dispatcher.Steps.Handlers.Http;

/// <summary>A host has no address that may be connected to.</summary>
internal sealed class AddressRefusedException(string message) : IOException(message);

/// <summary>Where connections may go.</summary>
/// <param name="ConnectTimeout">The longest time to wait for each of a host's addresses.</param>
/// <param name="Setting">The setting that would allow private addresses, for messages.</param>
internal sealed record ConnectRules(bool AllowPrivateAddresses, TimeSpan ConnectTimeout, string Setting);

/// <summary>Finds a host's addresses.</summary>
internal delegate ValueTask<IPAddress[]> ResolveHost(string host, CancellationToken cancellation);

/// <summary>
/// Opens connections, and looks at the very address that it connects to. A check of the name before would be worthless: the name may resolve to
/// another address a moment later (DNS rebinding), and a redirect brings a new one.
/// </summary>
internal sealed class GuardedConnector(ConnectRules rules, ResolveHost resolve, TimeProvider time)
{
    public GuardedConnector(ConnectRules rules, TimeProvider time) :
        this(rules, async (host, cancellation) => await Dns.GetHostAddressesAsync(host, cancellation).ConfigureAwait(false), time)
    {
    }

    /// <exception cref="AddressRefusedException">All addresses of the host are refused.</exception>
    /// <exception cref="IOException">The host has no address, or none answers.</exception>
    public async ValueTask<Stream> Connect(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var addresses = await Resolve(host, cancellation).ConfigureAwait(false);
        var usable = rules.AllowPrivateAddresses ? addresses : [.. addresses.Where(PublicAddress.Is)];
        if (usable.Length == 0)
        {
            throw new AddressRefusedException(
                $"'{host}' has the address {addresses[0]}, which is not on the public internet; {rules.Setting} would allow it");
        }

        Exception? last = null;
        foreach (var address in usable)
        {
            try
            {
                return await Connect(new IPEndPoint(address, port), cancellation).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is SocketException or OperationCanceledException && !cancellation.IsCancellationRequested)
            {
                last = exception;
            }
        }

        throw new IOException($"cannot connect to {host}:{port}: {(last is SocketException ? last.Message : "no answer")}", last);
    }

    private async ValueTask<IPAddress[]> Resolve(string host, CancellationToken cancellation)
    {
        if (IPAddress.TryParse(host, out var literal)) return [literal];
        try
        {
            var addresses = await resolve(host, cancellation).ConfigureAwait(false);
            return addresses.Length > 0 ? addresses : throw new IOException($"cannot find the host '{host}': it has no address");
        }
        catch (SocketException exception)
        {
            throw new IOException($"cannot find the host '{host}': {exception.Message}", exception);
        }
    }

    private async ValueTask<Stream> Connect(IPEndPoint endpoint, CancellationToken cancellation)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var limit = new CancellationTokenSource(rules.ConnectTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        try
        {
            await socket.ConnectAsync(endpoint, either.Token).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
