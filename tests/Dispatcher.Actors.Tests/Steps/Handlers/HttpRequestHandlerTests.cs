using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Steps;
using Dispatcher.Steps.Handlers;
using Dispatcher.Steps.Handlers.Http;

namespace Dispatcher.Actors.Tests.Steps.Handlers;

/// <summary>Real sockets on the loopback; names under <c>.test</c> resolve to it through the injected resolver.</summary>
public sealed class HttpRequestHandlerTests
{
    [Fact]
    public async Task Run_ReturnsStatusHeadersAndJson_WhenTheAnswerIsJson()
    {
        await using var server = new TestHttpServer(_ => TestHttpServer.Response(
            201, """{"id":7}""", "Content-Type: application/json; charset=utf-8", "X-Trace: abc", "Set-Cookie: session=secret"));

        var output = (await Run(server, new { url = Url(server, "/jobs?key=1") })).Output!.Value;

        Assert.Equal(201, output.GetProperty("status").GetInt32());
        Assert.Equal(7, output.GetProperty("json").GetProperty("id").GetInt32());
        Assert.Equal("abc", output.GetProperty("headers").GetProperty("x-trace").GetString());
        Assert.DoesNotContain("secret", output.GetRawText(), StringComparison.Ordinal);
        Assert.False(output.TryGetProperty("body", out _));
        Assert.Equal("GET /jobs?key=1 HTTP/1.1", server.Requests.Single().Line);
    }

    [Theory]
    [InlineData("text/plain", "hello")]
    [InlineData("application/json", "{broken")]
    public async Task Run_ReturnsTheBody_WhenItIsNotJson(string type, string body)
    {
        await using var server = new TestHttpServer(_ => TestHttpServer.Response(200, body, $"Content-Type: {type}"));

        var output = (await Run(server, new { url = Url(server) })).Output!.Value;

        Assert.Equal(body, output.GetProperty("body").GetString());
    }

    [Fact]
    public async Task Run_PostsJsonWithAnIdempotencyKey_WhenThereIsABody()
    {
        await using var server = new TestHttpServer(_ => TestHttpServer.Response(204));

        await Run(server, new { url = Url(server), body = new { name = "ü" }, headers = new { Authorization = "Bearer x" } });

        var request = server.Requests.Single();
        Assert.StartsWith("POST ", request.Line, StringComparison.Ordinal);
        Assert.Equal("""{"name":"ü"}""", request.Body.Replace("\\u00FC", "ü", StringComparison.Ordinal));
        Assert.Equal("application/json", request.Headers["Content-Type"]);
        Assert.Equal("Bearer x", request.Headers["Authorization"]);
        Assert.Equal("01890000-0000-7000-8000-000000000001/step", request.Headers["Idempotency-Key"]);
    }

    [Fact]
    public async Task Run_KeepsTheGivenKeyTypeAndMethod_WhenTheStepNamesThem()
    {
        await using var server = new TestHttpServer(_ => TestHttpServer.Response(200));
        var headers = new Dictionary<string, string> { ["idempotency-key"] = "mine", ["content-type"] = "text/csv" };

        await Run(server, new { url = Url(server), method = "put", body = "a;b", headers });

        var request = server.Requests.Single();
        Assert.StartsWith("PUT ", request.Line, StringComparison.Ordinal);
        Assert.Equal(("mine", "text/csv", "a;b"), (request.Headers["Idempotency-Key"], request.Headers["Content-Type"], request.Body));
    }

    [Theory]
    [InlineData(408, ErrorClass.Transient)]
    [InlineData(425, ErrorClass.Transient)]
    [InlineData(429, ErrorClass.Transient)]
    [InlineData(500, ErrorClass.Transient)]
    [InlineData(503, ErrorClass.Transient)]
    [InlineData(400, ErrorClass.Permanent)]
    [InlineData(404, ErrorClass.Permanent)]
    [InlineData(304, ErrorClass.Permanent)]
    public async Task Run_FailsByTheKindOfStatus_WhenItIsNotSuccess(int status, ErrorClass @class)
    {
        await using var server = new TestHttpServer(_ => TestHttpServer.Response(status, status == 304 ? "" : "the reason"));

        var thrown = await Fails(server, new { url = Url(server, "/x?key=secret") });

        Assert.Equal((@class, $"HTTP_{status}"), (thrown.Failure.Class, thrown.Failure.Code));
        Assert.DoesNotContain("secret", thrown.Message, StringComparison.Ordinal);
        if (status != 304) Assert.EndsWith($"/x: status {status}: the reason", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_TakesOnlyTheListedStatus_WhenThereIsAList()
    {
        await using var server = new TestHttpServer(_ => TestHttpServer.Response(404, "none"));

        var output = (await Run(server, new { url = Url(server), expect_status = new[] { 200, 404 } })).Output!.Value;

        Assert.Equal(404, output.GetProperty("status").GetInt32());
        Assert.Equal("HTTP_404", (await Fails(server, new { url = Url(server), expect_status = 200 })).Failure.Code);
    }

    [Fact]
    public async Task Run_FollowsARedirectWithinTheOrigin_WhenTold()
    {
        await using var server = new TestHttpServer(request => request.Line.StartsWith("POST /a ", StringComparison.Ordinal)
            ? TestHttpServer.Response(303, "", "Location: /b")
            : TestHttpServer.Response(200, "there"));

        var output = (await Run(server, new { url = Url(server, "/a"), body = "x", headers = new { Authorization = "Bearer x" } })).Output!.Value;

        Assert.Equal("there", output.GetProperty("body").GetString());
        var second = server.Requests.Last();
        Assert.Equal(("GET /b HTTP/1.1", "", "Bearer x"), (second.Line, second.Body, second.Headers["Authorization"]));
    }

    [Fact]
    public async Task Run_ForwardsNoCredentials_WhenARedirectLeadsToAnotherHost()
    {
        await using var target = new TestHttpServer(_ => TestHttpServer.Response(200, "there"));
        await using var server = new TestHttpServer(_ => TestHttpServer.Response(307, "", $"Location: http://other.test:{target.Port}/b"));
        var headers = new Dictionary<string, string> { ["Authorization"] = "Bearer x", ["Cookie"] = "a=b", ["X-Api-Key"] = "k", ["Accept"] = "text/plain" };

        await Run(server, new { url = Url(server), body = "x", headers }, Options(server) with { AllowedHosts = [$"api.test:{server.Port}", $"other.test:{target.Port}"] });

        var request = target.Requests.Single();
        Assert.Equal(("x", "text/plain"), (request.Body, request.Headers["Accept"]));
        Assert.DoesNotContain(request.Headers.Keys, name => name is "Authorization" or "Cookie" or "X-Api-Key");
        Assert.Contains("Idempotency-Key", request.Headers.Keys);
    }

    [Fact]
    public async Task Run_RefusesARedirect_WhenItsHostIsNotListed()
    {
        await using var server = new TestHttpServer(_ => TestHttpServer.Response(302, "", "Location: http://169.254.169.254/latest/meta-data"));

        Assert.Equal("HOST_NOT_ALLOWED", (await Fails(server, new { url = Url(server) })).Failure.Code);
    }

    [Fact]
    public async Task Run_UsesNoneOfTheAddresses_WhenAllThatAHostHasArePrivate()
    {
        using var handler = new HttpRequestHandler(
            new HttpOptions { AllowedHosts = ["inner.test"] },
            TimeProvider.System,
            (_, _) => ValueTask.FromResult<IPAddress[]>([IPAddress.Parse("10.0.0.1"), IPAddress.Parse("fd00::1")]));

        var thrown = await Assert.ThrowsAsync<StepFailedException>(async () => await handler.Run(new TestStepContext("""{"url":"http://inner.test/"}""")));

        Assert.Equal((ErrorClass.InvalidInput, "ADDRESS_NOT_ALLOWED"), (thrown.Failure.Class, thrown.Failure.Code));
        Assert.Contains("10.0.0.1", thrown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://[::1]:80/")]
    [InlineData("http://127.0.0.1:80/")]
    [InlineData("http://2130706433/")]
    [InlineData("http://0x7f.1/")]
    [InlineData("http://[::ffff:127.0.0.1]/")]
    [InlineData("http://rebind.test/")]
    public async Task Run_RefusesTheConnection_WhenTheAddressIsNotPublic(string url)
    {
        await using var server = new TestHttpServer(_ => TestHttpServer.Response(200));
        var options = new HttpOptions { AllowedHosts = ["[::1]", "127.0.0.1", "[::ffff:127.0.0.1]", "rebind.test"] };

        var thrown = await Fails(server, new { url }, options);

        Assert.Equal((ErrorClass.InvalidInput, "ADDRESS_NOT_ALLOWED"), (thrown.Failure.Class, thrown.Failure.Code));
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task Run_StopsFollowing_WhenRedirectsGoInACircle()
    {
        await using var server = new TestHttpServer(_ => TestHttpServer.Response(302, "", "Location: /again"));

        var thrown = await Fails(server, new { url = Url(server) }, Options(server) with { MaxRedirects = 3 });

        Assert.Equal((ErrorClass.Permanent, "TOO_MANY_REDIRECTS"), (thrown.Failure.Class, thrown.Failure.Code));
        Assert.Equal(4, server.Requests.Count);
    }

    [Fact]
    public void Redirected_Refuses_WhenItLeadsFromHttpsToHttp()
    {
        var input = new StepInput(JsonDocument.Parse("""{"url":"https://api.test/"}""").RootElement);
        var call = HttpCall.Read(input, "key");

        var thrown = Assert.Throws<StepFailedException>(() => call.Redirected(302, new Uri("http://api.test/")));

        Assert.Equal("INSECURE_REDIRECT", thrown.Failure.Code);
    }

    [Fact]
    public async Task Run_Fails_WhenTheBodyIsLargerThanTheLimit()
    {
        await using var server = new TestHttpServer(_ => TestHttpServer.Response(200, new string('x', 5000)));

        var thrown = await Fails(server, new { url = Url(server) }, Options(server) with { ResponseLimitBytes = 4999 });

        Assert.Equal((ErrorClass.Permanent, "RESPONSE_TOO_LARGE"), (thrown.Failure.Class, thrown.Failure.Code));
    }

    [Fact]
    public async Task Run_Fails_WhenTheOutputWouldBeLargerThanAStepsOutput()
    {
        await using var server = new TestHttpServer(_ => TestHttpServer.Response(200, new string('ü', 100_000)));

        Assert.Equal("OUTPUT_TOO_LARGE", (await Fails(server, new { url = Url(server) })).Failure.Code);
    }

    [Fact]
    public async Task Run_FailsWithTimeout_WhenTheServerDoesNotAnswer()
    {
        await using var server = new TestHttpServer(_ => null);

        var thrown = await Fails(server, new { url = Url(server), timeout = "100ms" });

        Assert.Equal((ErrorClass.Timeout, "HTTP_TIMEOUT"), (thrown.Failure.Class, thrown.Failure.Code));
    }

    [Fact]
    public async Task Run_IsCancelled_WhenTheAttemptIs()
    {
        using var cancellation = new CancellationTokenSource();
        await using var server = new TestHttpServer(_ =>
        {
            cancellation.Cancel();
            return null;
        });
        using var handler = Handler(Options(server));
        var context = new TestStepContext(JsonSerializer.Serialize(new { url = Url(server) })) { Cancellation = cancellation.Token };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await handler.Run(context));
    }

    [Theory]
    [InlineData("http://nowhere.test:1/", "cannot find the host")]
    [InlineData("http://api.test:1/", "cannot connect")]
    public async Task Run_FailsAsTransient_WhenThereIsNoConnection(string url, string reason)
    {
        await using var server = new TestHttpServer(_ => null);

        var thrown = await Fails(server, new { url }, Options(server) with { AllowedHosts = ["*.test:1"] });

        Assert.Equal((ErrorClass.Transient, "HTTP_FAILED"), (thrown.Failure.Class, thrown.Failure.Code));
        Assert.Contains(reason, thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_FailsAsTransient_WhenTheConnectionBreaksInTheBody()
    {
        await using var server = new TestHttpServer(_ => "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");

        Assert.Equal(ErrorClass.Transient, (await Fails(server, new { url = Url(server) })).Failure.Class);
    }

    [Theory]
    [InlineData("""{}""", "with.url")]
    [InlineData("""{"url":"/relative"}""", "with.url")]
    [InlineData("""{"url":"ftp://api.test/"}""", "with.url")]
    [InlineData("""{"url":"file:///etc/passwd"}""", "with.url")]
    [InlineData("""{"url":"http://user:password@api.test/"}""", "with.url")]
    [InlineData("""{"url":"http://api.test/","method":"CONNECT"}""", "with.method")]
    [InlineData("""{"url":"http://api.test/","headers":{"Host":"other"}}""", "with.headers.Host")]
    [InlineData("""{"url":"http://api.test/","headers":{"Transfer-Encoding":"chunked"}}""", "with.headers.Transfer-Encoding")]
    [InlineData("""{"url":"http://api.test/","headers":{"X":"a\r\nY: b"}}""", "with.headers.X")]
    [InlineData("""{"url":"http://api.test/","headers":{"a b":"c"}}""", "with.headers.a b")]
    [InlineData("""{"url":"http://api.test/","timeout":"soon"}""", "with.timeout")]
    [InlineData("""{"url":"http://api.test/","expect_status":["200"]}""", "with.expect_status[0]")]
    public async Task Run_NamesTheField_WhenItCannotBeUsed(string with, string expected)
    {
        using var handler = Handler(new HttpOptions { AllowedHosts = ["api.test"] });

        var thrown = await Assert.ThrowsAsync<StepFailedException>(async () => await handler.Run(new TestStepContext(with)));

        Assert.Equal((ErrorClass.InvalidInput, "INVALID_INPUT"), (thrown.Failure.Class, thrown.Failure.Code));
        Assert.StartsWith(expected, thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_RefusesEveryHost_WhenNoneIsListed()
    {
        using var handler = Handler(new HttpOptions());

        var thrown = await Assert.ThrowsAsync<StepFailedException>(async () => await handler.Run(new TestStepContext("""{"url":"https://example.org/"}""")));

        Assert.Equal((ErrorClass.InvalidInput, "HOST_NOT_ALLOWED"), (thrown.Failure.Class, thrown.Failure.Code));
        Assert.Contains("dispatcher.http.allowed-hosts", thrown.Message, StringComparison.Ordinal);
    }

    private static string Url(TestHttpServer server, string path = "/") => $"http://api.test:{server.Port}{path}";

    private static HttpOptions Options(TestHttpServer server) => new() { AllowedHosts = [$"api.test:{server.Port}"], AllowPrivateAddresses = true, ConnectTimeout = TimeSpan.FromSeconds(60) };

    private static HttpRequestHandler Handler(HttpOptions options) => new(options, TimeProvider.System, (host, _) => host == "nowhere.test"
        ? throw new SocketException((int)SocketError.HostNotFound)
        : ValueTask.FromResult<IPAddress[]>([IPAddress.Loopback]));

    private static async Task<StepResult.Completed> Run(TestHttpServer server, object with, HttpOptions? options = null)
    {
        using var handler = Handler(options ?? Options(server));
        return Assert.IsType<StepResult.Completed>(await handler.Run(new TestStepContext(JsonSerializer.Serialize(with))));
    }

    private static Task<StepFailedException> Fails(TestHttpServer server, object with, HttpOptions? options = null) =>
        Assert.ThrowsAsync<StepFailedException>(() => Run(server, with, options));
}
