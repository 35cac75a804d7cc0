using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Dispatcher.Actors.Tests.Steps.Handlers;

/// <summary>A request as it came over the wire.</summary>
internal sealed record ReceivedRequest(string Line, IReadOnlyDictionary<string, string> Headers, string Body);

/// <summary>Speaks just enough HTTP/1.1 over a real socket to answer one request a connection with bytes of the test's choice.</summary>
internal sealed class TestHttpServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<ReceivedRequest, string?> _answer;
    private readonly Task _loop;

    /// <param name="answer">The raw response; null leaves the client waiting.</param>
    public TestHttpServer(Func<ReceivedRequest, string?> answer)
    {
        _answer = answer;
        _listener.Start();
        _loop = Accept();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public ConcurrentQueue<ReceivedRequest> Requests { get; } = new();

    public static string Response(int status, string body = "", params string[] headers) =>
        $"HTTP/1.1 {status} Test\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\nConnection: close\r\n"
        + string.Concat(headers.Select(header => $"{header}\r\n")) + $"\r\n{body}";

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _loop;
    }

    private async Task Accept()
    {
        var open = new List<TcpClient>();
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                open.Add(client);
                await Serve(client);
            }
        }
        catch (Exception exception) when (exception is SocketException or InvalidOperationException)
        {
            foreach (var client in open) client.Dispose();
        }
    }

    private async Task Serve(TcpClient client)
    {
        try
        {
            var stream = client.GetStream();
            var request = await Read(stream);
            Requests.Enqueue(request);
            if (_answer(request) is not { } response) return;
            await stream.WriteAsync(Encoding.UTF8.GetBytes(response));
            client.Dispose();
        }
        catch (IOException)
        {
            // The client had seen enough.
        }
    }

    private static async Task<ReceivedRequest> Read(Stream stream)
    {
        using var reader = new StreamReader(stream, Encoding.Latin1, leaveOpen: true);
        var line = await reader.ReadLineAsync() ?? throw new IOException("no request");
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (await reader.ReadLineAsync() is { Length: > 0 } header)
        {
            var colon = header.IndexOf(':', StringComparison.Ordinal);
            headers[header[..colon]] = header[(colon + 1)..].Trim();
        }

        var body = new char[headers.TryGetValue("Content-Length", out var length) ? int.Parse(length, CultureInfo.InvariantCulture) : 0];
        if (body.Length > 0) await reader.ReadBlockAsync(body);
        return new ReceivedRequest(line, headers, Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(body)));
    }
}
