using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Dispatcher.Actors.Tests.Feed.Callbacks;

/// <summary>A callback as it came over the wire.</summary>
internal sealed record ReceivedCallback(IReadOnlyDictionary<string, string> Headers, string Body);

/// <summary>A receiver of callbacks on a real socket, which answers with bytes of the test's choice, one request a connection, many at once.</summary>
internal sealed class RawReceiver : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<TcpClient, byte> _open = new();
    private readonly Func<ReceivedCallback, Stream, Task> _answer;
    private readonly X509Certificate2? _certificate;
    private readonly Task _loop;

    /// <param name="answer">Writes the response; the connection is closed after it.</param>
    public RawReceiver(Func<ReceivedCallback, Stream, Task> answer, X509Certificate2? certificate = null)
    {
        (_answer, _certificate) = (answer, certificate);
        _listener.Start();
        _loop = Accept();
    }

    public RawReceiver(int status, string body = "", params string[] headers) : this((_, stream) => Respond(stream, status, body, headers))
    {
    }

    public ConcurrentQueue<ReceivedCallback> Received { get; } = new();

    /// <summary>Connections that anybody has opened.</summary>
    public int Connections { get; private set; }

    public Uri Url => new($"{(_certificate is null ? "http" : "https")}://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/hook?key=secret");

    public static Task Respond(Stream stream, int status, string body = "", params string[] headers) => Write(
        stream,
        $"HTTP/1.1 {status} Test\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\nConnection: close\r\n{string.Concat(headers.Select(header => $"{header}\r\n"))}\r\n{body}");

    public static async Task Write(Stream stream, string text) => await stream.WriteAsync(Encoding.UTF8.GetBytes(text));

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        foreach (var (client, _) in _open) client.Dispose();
        await _loop;
    }

    private async Task Accept()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                Connections++;
                _open.TryAdd(client, 0);
                _ = Serve(client);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The test is over.
        }
    }

    private async Task Serve(TcpClient client)
    {
        try
        {
            Stream stream = client.GetStream();
            if (_certificate is not null)
            {
                var secure = new SslStream(stream);
                await secure.AuthenticateAsServerAsync(_certificate);
                stream = secure;
            }

            var callback = await Read(stream);
            Received.Enqueue(callback);
            await _answer(callback, stream);
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or System.Security.Authentication.AuthenticationException)
        {
            // The sender had seen enough, or trusts nobody here.
        }
        finally
        {
            client.Dispose();
        }
    }

    private static async Task<ReceivedCallback> Read(Stream stream)
    {
        using var reader = new StreamReader(stream, Encoding.Latin1, leaveOpen: true);
        if (await reader.ReadLineAsync() is null) throw new IOException("no request");
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (await reader.ReadLineAsync() is { Length: > 0 } header)
        {
            var colon = header.IndexOf(':', StringComparison.Ordinal);
            headers[header[..colon]] = header[(colon + 1)..].Trim();
        }

        var body = new char[int.Parse(headers["Content-Length"], CultureInfo.InvariantCulture)];
        await reader.ReadBlockAsync(body);
        return new ReceivedCallback(headers, Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(body)));
    }
}
