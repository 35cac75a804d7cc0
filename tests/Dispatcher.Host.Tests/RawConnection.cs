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

    /// <summary>
    /// One whole answer's status, on a connection that stays open: an answer may come in pieces, and what is left of it must not be taken for the next one. 0 if
    /// the connection ends before.
    /// </summary>
    public async Task<int> ReadStatus()
    {
        var answer = "";
        var buffer = new byte[4096];
        while (!IsWhole(answer))
        {
            var length = await Read(buffer);
            if (length == 0) return 0;
            answer += Encoding.Latin1.GetString(buffer, 0, length);
        }

        return int.Parse(answer.AsSpan(9, 3), System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>0 at the end of the connection, also if it is reset.</summary>
    private async Task<int> Read(byte[] buffer)
    {
        try
        {
            return await _client.GetStream().ReadAsync(buffer);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private static bool IsWhole(string answer)
    {
        var head = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (head < 0) return false;
        const string Length = "\r\nContent-Length: ";
        var at = answer.IndexOf(Length, 0, head, StringComparison.OrdinalIgnoreCase);
        if (at < 0) return answer.EndsWith("\r\n0\r\n\r\n", StringComparison.Ordinal);
        var digits = answer.AsSpan(at + Length.Length);
        return answer.Length >= head + 4 + int.Parse(digits[..digits.IndexOf('\r')], System.Globalization.CultureInfo.InvariantCulture);
    }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }
}
