using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Dispatcher.Process.Tests.Cluster;

/// <summary>
/// Stands between a node and its database, and lets nothing through in one direction or both while it is told so: bytes wait, as they do in a network that has lost its way, and
/// connections are neither closed nor refused.
/// </summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _target;
    private readonly ConcurrentBag<TcpClient> _open = [];
    private readonly Task _accepting;
    private readonly Gate _toServer = new();
    private readonly Gate _toClient = new();

    public TcpProxy(int target)
    {
        _target = target;
        _listener.Start();
        _accepting = Accept();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Cut(bool toServer, bool toClient)
    {
        if (toServer) _toServer.Close();
        if (toClient) _toClient.Close();
    }

    public void Heal()
    {
        _toServer.Open();
        _toClient.Open();
    }

    public async ValueTask DisposeAsync()
    {
        Heal();
        _listener.Stop();
        foreach (var client in _open) client.Dispose();
        await _accepting;
    }

    private async Task Accept()
    {
        try
        {
            while (true) _ = Connect(await _listener.AcceptTcpClientAsync());
        }
        catch (Exception stopped) when (stopped is SocketException or InvalidOperationException)
        {
            // Disposed.
        }
    }

    private async Task Connect(TcpClient client)
    {
        _open.Add(client);
        var server = new TcpClient();
        _open.Add(server);
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, _target);
            await Task.WhenAny(Pump(client, server, _toServer), Pump(server, client, _toClient));
        }
        catch (Exception broken) when (broken is SocketException or IOException or InvalidOperationException)
        {
            // One of the two has gone: so goes the other.
        }

        client.Dispose();
        server.Dispose();
    }

    private static async Task Pump(TcpClient from, TcpClient to, Gate gate)
    {
        var buffer = new byte[64 << 10];
        try
        {
            var (source, target) = (from.GetStream(), to.GetStream());
            while (await source.ReadAsync(buffer) is > 0 and var read)
            {
                await gate.Passed;
                await target.WriteAsync(buffer.AsMemory(0, read));
            }
        }
        catch (Exception broken) when (broken is SocketException or IOException or InvalidOperationException)
        {
            // As above.
        }
    }

    private sealed class Gate
    {
        private TaskCompletionSource _open = Opened();

        public Task Passed => Volatile.Read(ref _open).Task;

        public void Close() => Volatile.Write(ref _open, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

        public void Open() => Volatile.Read(ref _open).TrySetResult();

        private static TaskCompletionSource Opened()
        {
            var source = new TaskCompletionSource();
            source.SetResult();
            return source;
        }
    }
}
