using System.Net;
using Dispatcher.Web.Tests.Support;

namespace Dispatcher.Web.Tests.Problems;

/// <summary>Every refusal is a problem with a code and a correlation id, and every answer has the headers that hold browsers off.</summary>
public sealed class ProblemTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    [Theory]
    [InlineData("GET", "/api/v1/nothing", HttpStatusCode.NotFound, "not-found")]
    [InlineData("GET", "/favicon.ico", HttpStatusCode.NotFound, "not-found")]
    [InlineData("DELETE", "/health/live", HttpStatusCode.MethodNotAllowed, "method-not-allowed")]
    [InlineData("GET", "/api/v1/probe/number/many", HttpStatusCode.BadRequest, "bad-request")]
    [InlineData("GET", "/api/v1/probe/fault", HttpStatusCode.InternalServerError, "internal-error")]
    public async Task Refusal_IsAProblem_Wherever(string method, string path, HttpStatusCode status, string code)
    {
        using var client = fixture.Service.Client();
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var answer = await client.SendAsync(request);
        var problem = await ProblemBody.Read(answer);
        Assert.Equal((status, code, path), (problem.Status, problem.Code, problem.Json.GetProperty("instance").GetString()));
        Assert.DoesNotContain("Int32", problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fault_IsInTheLogAndNotInTheAnswer_WhenAnEndpointThrows()
    {
        using var client = fixture.Service.Client();
        using var answer = await client.GetAsync("/api/v1/probe/fault");
        var problem = await ProblemBody.Read(answer);
        Assert.DoesNotContain(ServiceFixture.Secret, problem.Json.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain(nameof(InvalidOperationException), problem.Json.GetRawText(), StringComparison.Ordinal);
        var line = Assert.Single(fixture.Log.All, line => line.Contains(problem.CorrelationId, StringComparison.Ordinal) && line.StartsWith("Error", StringComparison.Ordinal));
        Assert.Contains(ServiceFixture.Secret, line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("order 66 / a=b")]
    [InlineData("7")]
    public async Task CorrelationId_ComesBack_WhenItIsGiven(string id)
    {
        using var answer = await Get("/health/live", ("x-correlation-id", id));
        Assert.Equal(id, answer.Headers.GetValues("x-correlation-id").Single());
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task CorrelationId_IsTheTrace_WhenOnlyThatIsGiven()
    {
        using var answer = await Get("/health/live", ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
        Assert.Equal("0af7651916cd43dd8448eb211c80319c", answer.Headers.GetValues("x-correlation-id").Single());
    }

    [Theory]
    [InlineData("")]
    [InlineData("ümlaut")]
    [InlineData(null)]
    public async Task CorrelationId_IsRefused_WhenItIsNotShortAndPrintable(string? id)
    {
        using var answer = await Get("/health/live", ("x-correlation-id", id ?? new string('a', 201)));
        var problem = await ProblemBody.Read(answer);
        Assert.Equal((HttpStatusCode.BadRequest, "invalid-header"), (problem.Status, problem.Code));
    }

    [Theory]
    [InlineData("/health/live")]
    [InlineData("/api/v1/nothing")]
    [InlineData("/api/v1/probe/fault")]
    public async Task Answer_HoldsBrowsersOff_Always(string path)
    {
        using var answer = await Get(path);
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Contains("frame-ancestors 'none'", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Equal("no-referrer", answer.Headers.GetValues("Referrer-Policy").Single());
        Assert.True(answer.Headers.CacheControl!.NoStore);
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Theory]
    [InlineData("https://evil.example", null, null, false)]
    [InlineData("null", null, null, false)]
    [InlineData(null, "cross-site", null, false)]
    [InlineData(null, "same-site", "cors", false)]
    [InlineData("http://127.0.0.1:1", "cross-site", "cors", false)]
    [InlineData(null, "cross-site", "navigate", true)]
    [InlineData(null, "same-origin", null, true)]
    [InlineData(null, "none", "navigate", true)]
    [InlineData("own", null, null, true)]
    [InlineData("own", "same-origin", "cors", true)]
    public async Task Page_IsRefused_WhenItIsOfAnotherOrigin(string? origin, string? site, string? mode, bool isAllowed)
    {
        var own = fixture.Service.Address.GetLeftPart(UriPartial.Authority);
        using var answer = await Get("/health/live", ("Origin", origin == "own" ? own : origin), ("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", mode));
        if (isAllowed) Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        else Assert.Equal("cross-origin", (await ProblemBody.Read(answer)).Code);
    }

    private async Task<HttpResponseMessage> Get(string path, params (string Name, string? Value)[] headers)
    {
        using var handler = new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => System.Text.Encoding.UTF8, ActivityHeadersPropagator = null };
        using var client = new HttpClient(handler) { BaseAddress = fixture.Service.Address };
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        foreach (var (name, value) in headers)
        {
            if (value is not null) Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        }

        return await client.SendAsync(request);
    }
}
