using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Host.Tests;

/// <summary>Traces and metrics by OTLP, to a receiver over HTTP.</summary>
public sealed class TelemetryTests : IAsyncLifetime
{
    private readonly CommandRun _run = new();
    private readonly ConcurrentQueue<(string Path, string? Type, byte[] Body)> _received = new();
    private WebApplication _receiver = null!;
    private string _endpoint = "";

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _receiver = builder.Build();
        _receiver.MapPost("/{**path}", Receive);
        await _receiver.StartAsync();
        _endpoint = _receiver.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
    }

    public async Task DisposeAsync()
    {
        await _receiver.DisposeAsync();
        _run.Dispose();
    }

    [Fact]
    public async Task Serve_SendsTracesAndMetrics_WhenAnEndpointIsSet()
    {
        string id;
        await using (var serve = await ServeRun.Start(_run, config: $"dispatcher.telemetry.otlp-endpoint = \"{_endpoint}\""))
        {
            using var client = serve.Client();
            var job = """{"definition":{"name":"traced","version":1,"steps":[{"id":"only","uses":"noop"}]},"correlation_id":"order-7"}""";
            using var answer = await client.PostAsync("/api/v1/jobs", new StringContent(job, Encoding.UTF8, "application/json"));
            id = JsonElement.Parse(await answer.Content.ReadAsStringAsync()).GetProperty("id").GetString()!;
            // By one request: each has spans of its own, and of thousands the exporter drops some.
            Assert.Equal(0, (await _run.Run("job", "watch", id, "--server", serve.Address.ToString())).ExitCode);
        }

        Assert.All(_received, request => Assert.Equal("application/x-protobuf", request.Type));
        var traces = Texts("v1/traces");
        foreach (var text in new[] { "step only", id, "order-7", "dispatcher.attempt", "service.name", "POST /api/v1/jobs", "http.response.status_code" }) Assert.Contains(text, traces, StringComparison.Ordinal);
        var metrics = Texts("v1/metrics");
        foreach (var text in new[] { "dispatcher.step.run.duration", "dispatcher.journal.append.duration", "dispatcher.jobs", "http.server.request.duration", "service.name" })
            Assert.Contains(text, metrics, StringComparison.Ordinal);
        Assert.DoesNotContain(id, metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serve_SendsNothing_WhenNoEndpointIsSet()
    {
        await using (await ServeRun.Start(_run))
        {
        }

        Assert.Empty(_received);
    }

    [Fact]
    public async Task Serve_EndsInTime_WhenNobodyListensAtTheEndpoint()
    {
        await _receiver.StopAsync();
        var serve = await ServeRun.Start(_run, config: $"dispatcher.telemetry.otlp-endpoint = \"{_endpoint}\"");
        serve.Terminate();

        Assert.Equal(0, await serve.Ended.WaitAsync(TimeSpan.FromSeconds(60)));
        await serve.DisposeAsync();
    }

    [Fact]
    public async Task Serve_Exits2_WhenTheEndpointIsNoAddress()
    {
        _run.Write("bad.conf", "dispatcher.telemetry.otlp-endpoint = \"collector:4318\"");

        var output = await _run.OnData("serve", "--urls", "http://127.0.0.1:0", "--config", "bad.conf");

        Assert.Equal(2, output.ExitCode);
        Assert.Contains("http://HOST:4318", output.Error, StringComparison.Ordinal);
    }

    private async Task Receive(HttpContext http, string path)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        _received.Enqueue((path, http.Request.ContentType, body.ToArray()));
    }

    /// <summary>Texts stand in protobuf as they are.</summary>
    private string Texts(string path) => string.Concat(_received.Where(request => request.Path == path).Select(request => Encoding.Latin1.GetString(request.Body)));
}
