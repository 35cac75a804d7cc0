using System.Net;
using Dispatcher.Web.Access;
using Dispatcher.Web.Limits;
using Dispatcher.Web.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Dispatcher.Web.Tests.Limits;

/// <summary>Requests that stay open by design hold up nothing.</summary>
public sealed class StreamLifeTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private readonly TaskCompletionSource _polled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TestService _service = null!;

    public async Task InitializeAsync() => _service = await TestService.Start(_directory.Path, map: app =>
    {
        app.MapGet("/api/v1/probe/stream", Stream).RequireRole(Role.Viewer);
        app.MapGet("/api/v1/probe/poll", Poll).RequireRole(Role.Viewer).CountAsStream();
    });

    public async Task DisposeAsync()
    {
        await _service.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task OpenRequests_End_WhenTheServiceStops()
    {
        using var client = _service.Client();
        using var stream = await client.GetAsync("/api/v1/probe/stream", HttpCompletionOption.ResponseHeadersRead);
        var poll = client.GetAsync("/api/v1/probe/poll");
        await _polled.Task;

        await _service.DisposeAsync();

        Assert.Equal("open", await stream.Content.ReadAsStringAsync());
        using var refused = await poll;
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "stopping"), (refused.StatusCode, (await ProblemBody.Read(refused)).Code));
        Assert.NotNull(refused.Headers.RetryAfter);
    }

    [Fact]
    public async Task OpenRequests_End_WhenTheFirstKeyIsMade()
    {
        using var client = _service.Client();
        using var stream = await client.GetAsync("/api/v1/probe/stream", HttpCompletionOption.ResponseHeadersRead);
        var poll = client.GetAsync("/api/v1/probe/poll");
        await _polled.Task;

        await _service.MakeKey(by: null, "admin");

        Assert.Equal("open", await stream.Content.ReadAsStringAsync());
        using var refused = await poll;
        Assert.Equal((HttpStatusCode.Unauthorized, "unauthorized"), (refused.StatusCode, (await ProblemBody.Read(refused)).Code));
    }

    private static async Task Stream(HttpContext http)
    {
        await http.Response.WriteAsync("open", http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, http.RequestAborted);
    }

    private async Task Poll(HttpContext http)
    {
        _polled.SetResult();
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, http.RequestAborted);
    }
}
