using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Dispatcher.Kernel;
using Dispatcher.Steps.Handlers.Http;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Web.Tests.Traces;

/// <summary>One trace from a request over the attempts of its job to what they call, and to the callback.</summary>
public sealed class TraceTests : ServiceTest
{
    private readonly ActivityTraceId _trace = ActivityTraceId.CreateRandom();
    private readonly ConcurrentQueue<Activity> _spans = new();
    private readonly ConcurrentQueue<(string Path, string TraceParent)> _received = new();
    private readonly TaskCompletionSource _completedWasTold = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private HttpRequestHandler _calls = null!;
    private ActivityListener? _listener;
    private WebApplication _receiver = null!;
    private string _receiverAddress = "";

    public override async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _receiver = builder.Build();
        _receiver.Map("/{path}", Receive);
        await _receiver.StartAsync();
        _receiverAddress = _receiver.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        _calls = new HttpRequestHandler(new HttpOptions { AllowedHosts = [new Uri(_receiverAddress).Authority], AllowPrivateAddresses = true }, TimeProvider.System);
        await base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        _listener?.Dispose();
        await base.DisposeAsync();
        await _receiver.DisposeAsync();
        _calls.Dispose();
    }

    [Fact]
    public async Task Request_Steps_CallsAndCallback_AreOneTrace()
    {
        Listen();
        var caller = ActivitySpanId.CreateRandom();

        var id = await Submit(caller);
        await Until(id, "completed");
        await _completedWasTold.Task.WaitAsync(TimeSpan.FromSeconds(60));

        var request = Single("Microsoft.AspNetCore", span => span.ParentSpanId == caller);
        var failed = Single(Tracing.SourceName, span => Tag(span, "dispatcher.step") == "flaky" && Tag(span, "dispatcher.attempt") == "1");
        var retried = Single(Tracing.SourceName, span => Tag(span, "dispatcher.step") == "flaky" && Tag(span, "dispatcher.attempt") == "2");
        var call = Single(Tracing.SourceName, span => Tag(span, "dispatcher.step") == "call");
        Assert.All([failed, retried, call], span => Assert.Equal(request.SpanId, span.ParentSpanId));
        Assert.Equal((ActivityStatusCode.Error, "failed"), (failed.Status, Tag(failed, "dispatcher.outcome")));
        Assert.Equal("transient", Tag(failed, "error.type"));
        Assert.Equal((ActivityStatusCode.Ok, "completed"), (retried.Status, Tag(retried, "dispatcher.outcome")));
        Assert.Equal((id, "default", "http.request"), (Tag(call, "dispatcher.job.id"), Tag(call, "dispatcher.tenant"), Tag(call, "dispatcher.handler")));

        var outgoing = Single("System.Net.Http", span => span.ParentSpanId == call.SpanId);
        Assert.Equal(outgoing.Id, _received.Single(request => request.Path == "called").TraceParent);
        var callback = Single(Tracing.SourceName, span => span.DisplayName == "callback job.completed");
        Assert.Equal(request.SpanId, callback.ParentSpanId);
        Assert.Contains(_received, request => request.Path == "hook" && request.TraceParent == callback.Id);
    }

    [Fact]
    public async Task Trace_GoesThrough_WhenNobodyListensHere()
    {
        await Until(await Submit(ActivitySpanId.CreateRandom()), "completed");
        await _completedWasTold.Task.WaitAsync(TimeSpan.FromSeconds(60));

        var told = _received.Last(request => request.Path == "hook").TraceParent;
        Assert.StartsWith($"00-{_trace}-", told, StringComparison.Ordinal);
        Assert.EndsWith("-01", told, StringComparison.Ordinal);
    }

    protected override void Configure(DispatcherOptions options)
    {
        options.Handlers.Add(_calls);
        options.Node = options.Node with { Callbacks = options.Node.Callbacks with { AllowPrivateAddresses = true } };
    }

    private async Task<string> Submit(ActivitySpanId caller)
    {
        await Api.Register($$"""
            name: traced
            version: 1
            steps:
              - { id: flaky, uses: fail, with: { class: transient, until_attempt: 2 }, retry: { max_attempts: 2, initial: 1ms } }
              - { id: call, uses: http.request, needs: [flaky], with: { url: "{{_receiverAddress}}/called" } }
            """);
        var body = JsonSerializer.Serialize(new { workflow = "traced", callback = new { url = $"{_receiverAddress}/hook", events = new[] { "job.completed" } } });
        return (await Api.Post("/jobs", body, ("traceparent", $"00-{_trace}-{caller}-01"))).Text("id");
    }

    /// <summary>Only spans of this test's trace: other tests of this process have theirs.</summary>
    private void Listen() => ActivitySource.AddActivityListener(_listener = new ActivityListener
    {
        ShouldListenTo = source => source.Name is "Microsoft.AspNetCore" or Tracing.SourceName or "System.Net.Http",
        Sample = (ref ActivityCreationOptions<ActivityContext> options) => options.Parent.TraceId == _trace ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
        ActivityStopped = span =>
        {
            if (span.TraceId == _trace) _spans.Enqueue(span);
        },
    });

    private void Receive(HttpContext http, string path)
    {
        _received.Enqueue((path, http.Request.Headers.TraceParent.ToString()));
        if (path == "hook") _completedWasTold.TrySetResult();
    }

    private Activity Single(string source, Func<Activity, bool> wanted)
    {
        // The span of the callback ends after its receiver was told.
        Assert.True(SpinWait.SpinUntil(() => _spans.Any(span => span.Source.Name == source && wanted(span)), TimeSpan.FromSeconds(60)), $"no such span of {source}");
        return _spans.Single(span => span.Source.Name == source && wanted(span));
    }

    private static string? Tag(Activity span, string name) => span.GetTagItem(name)?.ToString();
}
