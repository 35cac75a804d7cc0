using System.Diagnostics;
using Dispatcher.Jobs;
using Dispatcher.Kernel;

namespace Dispatcher.Actors.Tests.Feed.Callbacks;

public sealed class CallbackTraceTests : IDisposable
{
    private const string Trace = "7bf92f3577b34da6a3ce929d0e0e4736";

    private readonly CallbackBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void Attempt_IsASpanOfTheJobsTrace_AndTheReceiversParent()
    {
        var spans = new List<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Tracing.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                // Other tests may run beside this one.
                lock (spans) if (span.TraceId.ToHexString() == Trace) spans.Add(span);
            },
        };
        ActivitySource.AddActivityListener(listener);
        _bench.Answer = _ => CallbackBench.Broken;
        var spec = new JobSpec
        {
            Tenant = "acme",
            Workflow = new WorkflowReference("render", 3, "hash"),
            TraceParent = $"00-{Trace}-00f067aa0ba902b7-01",
            Callback = new CallbackSpec(CallbackBench.Url),
        };
        var job = _bench.Commit(1, spec: spec);
        _bench.Run();

        var span = Assert.Single(spans);
        Assert.Equal(("callback job.created", ActivityKind.Client, ActivityStatusCode.Error), (span.OperationName, span.Kind, span.Status));
        Assert.Equal("00f067aa0ba902b7", span.ParentSpanId.ToHexString());
        Assert.Equal((job.ToString(), 500), (span.GetTagItem("dispatcher.job.id"), span.GetTagItem("http.response.status_code")));
        Assert.Equal(span.Id, CallbackBench.Header(Assert.Single(_bench.Attempts).Request, "traceparent"));
    }
}
