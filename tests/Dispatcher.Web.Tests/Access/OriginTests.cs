using System.Net;
using Dispatcher.Web.Tests.Support;

namespace Dispatcher.Web.Tests.Access;

/// <summary>Web pages that an operator allowed.</summary>
public sealed class OriginTests
{
    private const string Console = "https://console.example.org";

    [Fact]
    public async Task Page_MayCall_WhenItsOriginIsAllowed_AndNoOther()
    {
        using var directory = new TemporaryDirectory();
        await using var service = await TestService.Start(directory.Path, options => options.Web = options.Web with { AllowedOrigins = [Console] });

        using var preflight = await Send(service, HttpMethod.Options, "/api/v1/jobs", ("Origin", Console), ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "authorization"));
        Assert.Equal(HttpStatusCode.NoContent, preflight.StatusCode);
        Assert.Equal(Console, preflight.Headers.GetValues("Access-Control-Allow-Origin").Single());

        using var answer = await Send(service, HttpMethod.Get, "/api/v1/jobs", ("Origin", Console), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "cors"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(Console, answer.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.Contains("x-correlation-id", answer.Headers.GetValues("Access-Control-Expose-Headers").Single(), StringComparison.Ordinal);

        using var other = await Send(service, HttpMethod.Options, "/api/v1/jobs", ("Origin", "https://console.example.org.evil.example"), ("Access-Control-Request-Method", "POST"));
        Assert.Equal("cross-origin", (await ProblemBody.Read(other)).Code);
        Assert.False(other.Headers.Contains("Access-Control-Allow-Origin"));
    }

    private static async Task<HttpResponseMessage> Send(TestService service, HttpMethod method, string path, params (string Name, string Value)[] headers)
    {
        using var client = new HttpClient { BaseAddress = service.Address };
        using var request = new HttpRequestMessage(method, path);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return await client.SendAsync(request);
    }
}
