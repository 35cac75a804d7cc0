using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Dispatcher.Tests.Shared;

namespace Dispatcher.Web.Tests.Live;

/// <summary>Live connections belong to a key: it says what they see, and they end with it.</summary>
public sealed class LiveKeyTests : IAsyncLifetime
{
    private LiveJobs _jobs = null!;
    private (string Id, string Key) _admin;

    public async Task InitializeAsync()
    {
        _jobs = await LiveJobs.Start();
        _admin = await MakeKey(new { name = "admin", roles = (string[])["admin"] }, key: null);
    }

    public async Task DisposeAsync() => await _jobs.DisposeAsync();

    [Fact]
    public async Task Stream_Ends_WhenItsKeyIsRevoked()
    {
        var (id, key) = await MakeKey(new { name = "viewer", roles = (string[])["viewer"] }, _admin.Key);
        using var stream = await SseClient.Open(_jobs.Http, $"/api/v1/stream?access_token={key}");
        Assert.Equal("position", (await stream.Next())!.Name);

        await Revoke(id);

        Assert.Null(await stream.Next());
        using var again = await _jobs.Http.GetAsync($"/api/v1/stream?access_token={key}");
        Assert.Equal(HttpStatusCode.Unauthorized, again.StatusCode);
    }

    [Theory]
    [InlineData("WebSockets")]
    [InlineData("LongPolling")]
    public async Task Hub_ClosesTheConnection_WhenItsKeyIsRevoked(string transport)
    {
        var (id, key) = await MakeKey(new { name = "viewer", roles = (string[])["viewer"] }, _admin.Key);
        await using var client = NodeClient.Start("signalr.mjs", new { url = new Uri(_jobs.Service.Address, "/hubs/jobs"), key, transport, follow = new { } });
        await client.Next("subscribed");

        await Revoke(id);

        await client.Next("closed");
        Assert.Contains("401", (await client.Next("error")).GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task LiveConnections_AreRefused_WhenTheKeyIsMissingOrForWorkers()
    {
        var (_, worker) = await MakeKey(new { name = "worker", roles = (string[])["worker"] }, _admin.Key);
        foreach (var path in (string[])["/api/v1/stream", "/api/v1/jobs/x/stream", "/hubs/jobs/negotiate?negotiateVersion=1"])
        {
            Assert.Equal((path, HttpStatusCode.Unauthorized), (path, await Status(path, key: null)));
            Assert.Equal((path, HttpStatusCode.Forbidden), (path, await Status(path, worker)));
        }
    }

    [Fact]
    public async Task EventSource_GivesItsKeyInAHeader_WhenItCan()
    {
        await using var client = NodeClient.Start("sse.mjs", new { url = new Uri(_jobs.Service.Address, "/api/v1/stream"), key = _admin.Key, untilEnded = 1 });
        await client.Next("position");
        await _jobs.SubmitQuick("other");
        await _jobs.SubmitQuick();

        await client.ReadToEnd();

        Assert.All(client.Events, e => Assert.Equal("default", e.GetProperty("tenant").GetString()));
    }

    private async Task<HttpStatusCode> Status(string path, string? key)
    {
        using var request = new HttpRequestMessage(path.StartsWith("/hubs", StringComparison.Ordinal) ? HttpMethod.Post : HttpMethod.Get, path);
        if (key is not null) request.Headers.Authorization = new("Bearer", key);
        using var answer = await _jobs.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return answer.StatusCode;
    }

    private async Task<(string Id, string Key)> MakeKey(object wanted, string? key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/keys") { Content = JsonContent.Create(wanted) };
        if (key is not null) request.Headers.Authorization = new("Bearer", key);
        using var answer = await _jobs.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        var made = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return (made.GetProperty("id").GetString()!, made.GetProperty("key").GetString()!);
    }

    private async Task Revoke(string id)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, $"/api/v1/keys/{id}");
        request.Headers.Authorization = new("Bearer", _admin.Key);
        using var answer = await _jobs.Http.SendAsync(request);
        Assert.True(answer.IsSuccessStatusCode);
    }
}
