using System.Net.Sockets;
using System.Text;
using Dispatcher.Process.Tests.Support;

namespace Dispatcher.Process.Tests;

/// <summary>As many connections as the service takes by default, all open at once; both ends have a process of their own, and so its limit of open files.</summary>
public sealed class ManyConnectionsTests : IDisposable
{
    /// <summary>The default of dispatcher.web.connection-limit.</summary>
    private const int Connections = 10_000;

    private const int Together = 200;

    private static readonly byte[] Request = Encoding.ASCII.GetBytes("GET /api/v1/jobs?limit=1 HTTP/1.1\r\nHost: localhost\r\n\r\n");

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Everybody_IsServed_WhenTenThousandAreConnected_AndOneMoreIsSentAway()
    {
        // Nobody is sent away for having been silent while the others came.
        await using var service = await ServiceProcess.Start(_directory.Path, _directory.Data, "dispatcher.web.keep-alive-timeout = 1 h");
        var open = new List<Socket>(Connections);
        try
        {
            while (open.Count < Connections) open.AddRange(await Task.WhenAll(Enumerable.Range(0, Together).Select(_ => Connect(service))));
            // Each is asked once: what is left of an answer that came in pieces would be taken for the next one.
            foreach (var sockets in open.Skip(1).Chunk(Together)) Assert.All(await Task.WhenAll(sockets.Select(Ask)), status => Assert.Equal("200", status));

            using var tooMany = await Connect(service);
            Assert.Equal("closed", await Ask(tooMany));
            Assert.Equal("200", await Ask(open[0]));

            open[^1].Dispose();
            await Wait.Until(
                async () =>
                {
                    using var next = await Connect(service);
                    return await Ask(next) == "200";
                },
                () => "a connection that was given back can be had again");
        }
        finally
        {
            foreach (var socket in open) socket.Dispose();
        }

        Assert.Equal(0, (await service.Terminate()).ExitCode);
    }

    private static async Task<Socket> Connect(ServiceProcess service)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(service.Client.BaseAddress!.Host, service.Client.BaseAddress.Port);
        return socket;
    }

    /// <summary>The status of an answer, on a connection that stays open.</summary>
    private static async Task<string> Ask(Socket socket)
    {
        var buffer = new byte[4096];
        try
        {
            await socket.SendAsync(Request);
            var length = await socket.ReceiveAsync(buffer).WaitAsync(Wait.Limit);
            return length < 12 ? "closed" : Encoding.ASCII.GetString(buffer, 9, 3);
        }
        catch (SocketException)
        {
            return "closed";
        }
    }
}
