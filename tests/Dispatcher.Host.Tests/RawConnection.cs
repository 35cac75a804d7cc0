using System.Net.Sockets;
using System.Text;

namespace Dispatcher.Host.Tests;

/// <summary>A connection on which a test sends what no client library would.</summary>
internal sealed class RawConnection : IAsyncDisposable
{
    private readonly TcpClient _client = new();

    private RawConnection()
    {
    }

    public static async Task<RawConnection> Open(Uri server)
    {
        var connection = new RawConnection();
        await connection._client.ConnectAsync(server.Host, server.Port);
        return connection;
    }

    public async Task Send(string text) => await _client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>All that the server sends until it closes the connection; how it closes is all the same.</summary>
    public async Task<string> ReadToEnd()
    {
        using var received = new MemoryStream();
        try
        {
            await _client.GetStream().CopyToAsync(received);
        }
        catch (IOException)
        {
            // Reset: what came before counts.
        }

        return Encoding.Latin1.GetString(received.ToArray());
    }

    /// <summary>One answer's status, on a connection that stays open.</summary>
    public async Task<int> ReadStatus()
    {
        var buffer = new byte[4096];
        var length = await _client.GetStream().ReadAsync(buffer);
        return length < 12 ? 0 : int.Parse(Encoding.Latin1.GetString(buffer, 9, 3), System.Globalization.CultureInfo.InvariantCulture);
    }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }
}
