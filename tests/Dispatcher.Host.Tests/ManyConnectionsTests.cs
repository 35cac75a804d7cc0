namespace Dispatcher.Host.Tests;

/// <summary>A service to which more connect than may; with thousands it is tried as a process of its own.</summary>
public sealed class ManyConnectionsTests
{
    [Fact]
    public async Task Connection_IsClosed_WhenThereAreTooMany_AndTheOthersGoOn()
    {
        using var run = new CommandRun();
        await using var serve = await ServeRun.Start(run, config: "dispatcher.web.connection-limit = 3");
        await using var first = await RawConnection.Open(serve.Address);
        await using var second = await RawConnection.Open(serve.Address);
        await using var third = await RawConnection.Open(serve.Address);
        foreach (var connection in new[] { first, second, third })
        {
            await connection.Send("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
            Assert.Equal(200, await connection.ReadStatus());
        }

        await using var fourth = await RawConnection.Open(serve.Address);
        Assert.Equal("", await fourth.ReadToEnd());
        await first.Send("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
        Assert.Equal(200, await first.ReadStatus());
    }
}
