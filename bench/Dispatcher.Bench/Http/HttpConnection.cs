using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Dispatcher.Bench.Http;

/// <summary>
/// One keep-alive connection that sends requests made beforehand and reads each answer to its end. As little work as can be, since it shares the
/// processors with the server it measures.
/// </summary>
internal sealed class HttpConnection : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[1 << 20];
    private int _filled;

    /// <param name="headers">Whole lines, without their ends.</param>
    public static byte[] Request(Uri url, string method, ReadOnlySpan<byte> body, params IEnumerable<string> headers)
    {
        var more = string.Concat(headers.Select(header => $"{header}\r\n"));
        var head = $"{method} {url.PathAndQuery} HTTP/1.1\r\nHost: {url.Authority}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n{more}\r\n";
        return [.. Encoding.ASCII.GetBytes(head), .. body];
    }

    public Task Connect(Uri url) => _socket.ConnectAsync(url.Host, url.Port);

    /// <summary>Sends the request and reads the whole answer; its status.</summary>
    public async ValueTask<int> Send(ReadOnlyMemory<byte> request)
    {
        while (request.Length > 0) request = request[await _socket.SendAsync(request)..];
        _filled = 0;
        int end;
        while ((end = _buffer.AsSpan(0, _filled).IndexOf("\r\n\r\n"u8)) < 0) await Receive();
        var status = int.Parse(_buffer.AsSpan(9, 3), CultureInfo.InvariantCulture);
        await ReadBody(end);
        return status;
    }

    public void Dispose() => _socket.Dispose();

    private async ValueTask ReadBody(int headEnd)
    {
        if (ContentLength(headEnd) is { } length)
        {
            var total = headEnd + 4 + length;
            while (_filled < total)
            {
                // What a large answer says does not matter here.
                if (_filled == _buffer.Length) (total, _filled) = (total - _filled, 0);
                await Receive();
            }

            return;
        }

        // Chunked: the last chunk is empty. Answers here are small or end in one piece.
        while (!_buffer.AsSpan(0, _filled).EndsWith("0\r\n\r\n"u8))
        {
            if (_filled == _buffer.Length)
            {
                _buffer.AsSpan(_filled - 8).CopyTo(_buffer);
                _filled = 8;
            }

            await Receive();
        }
    }

    private int? ContentLength(int headEnd)
    {
        ReadOnlySpan<byte> head = _buffer.AsSpan(0, headEnd + 2);
        var at = head.IndexOf("Content-Length: "u8);
        if (at < 0) return null;
        var value = head[(at + 16)..];
        return int.Parse(value[..value.IndexOf("\r\n"u8)], CultureInfo.InvariantCulture);
    }

    private async ValueTask Receive()
    {
        var read = await _socket.ReceiveAsync(_buffer.AsMemory(_filled));
        if (read == 0) throw new InvalidOperationException($"The server closed the connection: {Encoding.UTF8.GetString(_buffer.AsSpan(0, _filled))}");
        _filled += read;
    }
}
