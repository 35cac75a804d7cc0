using System.Net;
using Dispatcher.Web.Access;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Tests.Support;
using Microsoft.AspNetCore.Builder;

namespace Dispatcher.Web.Tests.Access;

/// <summary>A server without keys trusts its own machine and nobody else.</summary>
public sealed class OpenModeTests
{
    [Theory]
    [InlineData("evil.example", false)]
    [InlineData("192.168.0.7:5080", false)]
    [InlineData("localhost.evil.example", false)]
    [InlineData("localhost", true)]
    [InlineData("127.0.0.1:5080", true)]
    [InlineData("[::1]", true)]
    public async Task Request_IsRefused_OnlyWhenItNamesAnotherHost(string host, bool isThisMachine)
    {
        using var directory = new TemporaryDirectory();
        await using var service = await TestService.Start(directory.Path);
        using var client = service.Client();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/jobs") { Headers = { Host = host } };

        using var answer = await client.SendAsync(request);

        Assert.Equal(isThisMachine, answer.StatusCode != HttpStatusCode.MisdirectedRequest);
    }

    [Fact]
    public async Task Request_IsRefused_WhenItCameThroughAProxy()
    {
        using var directory = new TemporaryDirectory();
        await using var service = await TestService.Start(directory.Path);
        using var client = service.Client();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/jobs") { Headers = { { "X-Forwarded-For", "203.0.113.9" } } };

        using var answer = await client.SendAsync(request);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    [Fact]
    public void Endpoints_AreRefused_WhenOneSaysNothingAboutItsCallers()
    {
        var app = WebApplication.CreateSlimBuilder().Build();
        var ours = new EndpointList(app.Services);
        ours.MapGet("/api/v1/open", () => "").AllowAnonymousAccess();
        ours.MapGet("/api/v1/closed", () => "").RequireRole(Role.Admin);
        ours.MapPost("/api/v1/forgotten", () => "");

        // MapDispatcher does this with its own.
        var failure = Assert.Throws<InvalidOperationException>(() => ours.AddTo(app));

        Assert.Contains("POST /api/v1/forgotten.", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("open", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("closed", failure.Message, StringComparison.Ordinal);
    }
}
