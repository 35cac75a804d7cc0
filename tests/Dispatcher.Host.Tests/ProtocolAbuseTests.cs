namespace Dispatcher.Host.Tests;

/// <summary>What <c>dispatcher serve</c> does with connections that mean no good; afterwards it still serves.</summary>
public sealed class ProtocolAbuseTests : IAsyncLifetime
{
    private readonly CommandRun _run = new();
    private ServeRun _serve = null!;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        // Where silence has a short limit, a connection may be closed before its request comes.
        var status = 0;
        for (var tries = 0; status == 0 && tries < 30; tries++)
        {
            await using var connection = await RawConnection.Open(_serve.Address);
            await connection.Send("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
            status = await connection.ReadStatus();
        }

        Assert.Equal(200, status);
        await _serve.DisposeAsync();
        _run.Dispose();
    }

    [Fact]
    public async Task Headers_AreGivenUp_WhenTheyDoNotComeToAnEnd()
    {
        await using var connection = await Connect("header-timeout = 1 s");
        await connection.Send("GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-Slow: a");
        Assert.StartsWith("HTTP/1.1 408", await connection.ReadToEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connection_IsClosed_WhenNothingComes()
    {
        await using var connection = await Connect("keep-alive-timeout = 2 s");
        Assert.Equal("", await connection.ReadToEnd());
    }

    [Theory]
    [InlineData("Content-Length: 5\r\nContent-Length: 6")]
    [InlineData("Content-Length: 5, 6")]
    [InlineData("Content-Length: -1")]
    [InlineData("Content-Length: 99999999999999999999")]
    [InlineData("Transfer-Encoding: chunked, identity")]
    [InlineData("Transfer-Encoding: gzip")]
    [InlineData("Host: other")]
    [InlineData("Bad Name: x")]
    [InlineData("X-Folded: a\r\n b")]
    [InlineData("X-Null: a\0b")]
    public async Task Request_IsRefusedAndTheConnectionClosed_WhenItsHeadersAreAmbiguous(string headers) =>
        await IsRefused($"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{headers}\r\n\r\nhello", 400);

    /// <summary>The length is ignored, as RFC 9112 allows, and the connection closed after the answer, so that nothing behind is taken for another request.</summary>
    [Fact]
    public async Task Request_IsTheOnlyOne_WhenItHasBothALengthAndChunks()
    {
        await using var connection = await Connect();
        await connection.Send(
            "POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
        var text = await connection.ReadToEnd();
        Assert.Equal(1, Count(text, "HTTP/1.1 "));
        Assert.StartsWith("HTTP/1.1 400", text, StringComparison.Ordinal);
    }

    [Fact]
    public Task Request_IsRefused_WhenItsHeadersAreTooLarge() =>
        IsRefused($"GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-Large: {new string('a', 20_000)}\r\n\r\n", 431);

    [Fact]
    public Task Request_IsRefused_WhenItHasTooManyHeaders() =>
        IsRefused($"GET /health/live HTTP/1.1\r\nHost: localhost\r\n{string.Concat(Enumerable.Range(0, 70).Select(index => $"X-{index}: a\r\n"))}\r\n", 431);

    [Fact]
    public Task Request_IsRefused_WhenItsAddressIsTooLong() => IsRefused($"GET /{new string('a', 9000)} HTTP/1.1\r\nHost: localhost\r\n\r\n", 414);

    [Theory]
    [InlineData("GET /health/live HTTP/1.1\r\n\r\n", 400)]
    [InlineData("GET /health/live HTTP/3.7\r\nHost: localhost\r\n\r\n", 505)]
    [InlineData("nonsense\r\n\r\n", 400)]
    [InlineData("GET /health/live\r\nHost: localhost\r\n\r\n", 400)]
    [InlineData("GET /%00 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400)]
    public Task Request_IsRefused_WhenItIsNone(string text, int status) => IsRefused(text, status);

    [Fact]
    public async Task Body_IsGivenUp_WhenItComesTooSlowly()
    {
        await using var connection = await Connect("body-rate = 1 KiB");
        await connection.Send("POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{");
        var text = await connection.ReadToEnd();
        Assert.StartsWith("HTTP/1.1 408", text, StringComparison.Ordinal);
        Assert.Contains("request-timeout", text, StringComparison.Ordinal);
    }

    private async Task IsRefused(string request, int status)
    {
        await using var connection = await Connect();
        await connection.Send(request);
        var text = await connection.ReadToEnd();
        Assert.StartsWith($"HTTP/1.1 {status}", text, StringComparison.Ordinal);
        Assert.Equal(1, Count(text, "HTTP/1.1 "));
    }

    /// <summary>To a server with the limit that is tried. All others are so wide that a machine which stands still does not come near them.</summary>
    private async Task<RawConnection> Connect(string limit = "")
    {
        _serve = await ServeRun.Start(_run, config: $"dispatcher.web {{ header-timeout = 10 m, keep-alive-timeout = 1 h, body-rate = 0 B }}\ndispatcher.web {{ {limit} }}");
        return await RawConnection.Open(_serve.Address);
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;
}
