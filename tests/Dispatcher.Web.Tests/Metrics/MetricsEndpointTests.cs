using System.Net;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Web.Tests.Support;
using Dispatcher.Workflows;

namespace Dispatcher.Web.Tests.Metrics;

/// <summary><c>/metrics</c> of a real service that has run jobs.</summary>
public sealed class MetricsEndpointTests
{
    private const string OpenMetrics = "application/openmetrics-text; version=1.0.0";

    [Theory]
    [InlineData(null, "text/plain; version=0.0.4; charset=utf-8")]
    [InlineData("*/*", "text/plain; version=0.0.4; charset=utf-8")]
    [InlineData("text/plain", "text/plain; version=0.0.4; charset=utf-8")]
    [InlineData(OpenMetrics, "application/openmetrics-text; version=1.0.0; charset=utf-8")]
    [InlineData("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1", "application/openmetrics-text; version=1.0.0; charset=utf-8")]
    [InlineData("application/openmetrics-text;q=0.2,text/plain;q=0.3", "text/plain; version=0.0.4; charset=utf-8")]
    public async Task Answer_IsInTheFormatThatTheScraperPrefers(string? accept, string expected)
    {
        using var directory = new TemporaryDirectory();
        await using var service = await TestService.Start(directory.Path);

        var (contentType, text) = await Get(service, accept);

        Assert.Equal(expected, contentType);
        Assert.NotEmpty(PrometheusParser.Parse(text, expected.StartsWith("application/openmetrics", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Metrics_CountWhatRan()
    {
        using var directory = new TemporaryDirectory();
        await using var service = await TestService.Start(directory.Path);
        await Run(service, "steps: [ { id: a, uses: noop }, { id: b, uses: noop, needs: [a] } ]", JobStatus.Completed);
        await Run(service, "steps: [ { id: a, uses: fail, with: { class: permanent } } ]", JobStatus.Failed);

        var (_, text) = await Get(service, OpenMetrics);

        var families = PrometheusParser.Parse(text, openMetrics: true);
        Assert.Equal(2, Value(families, "dispatcher_step_run_duration_seconds", "dispatcher_step_run_duration_seconds_count", ("handler", "noop"), ("outcome", "completed")));
        Assert.Equal(1, Value(families, "dispatcher_step_run_duration_seconds", "dispatcher_step_run_duration_seconds_count", ("handler", "fail"), ("outcome", "failed")));
        Assert.Equal(1, Value(families, "dispatcher_step_failures", "dispatcher_step_failures_total", ("handler", "fail"), ("error_class", "permanent")));
        Assert.Equal(2, Value(families, "dispatcher_step_wait_duration_seconds", "dispatcher_step_wait_duration_seconds_count", ("stage", "noop")));
        Assert.Equal(1, Value(families, "dispatcher_job_duration_seconds", "dispatcher_job_duration_seconds_count", ("status", "completed")));
        Assert.Equal(1, Value(families, "dispatcher_jobs", "dispatcher_jobs", ("status", "failed")));
        Assert.Equal(0, Value(families, "dispatcher_jobs", "dispatcher_jobs", ("status", "paused")));
        Assert.Equal(0, Value(families, "dispatcher_jobs_stuck", "dispatcher_jobs_stuck"));
        Assert.Equal(2, Value(families, "dispatcher_steps_admitted", "dispatcher_steps_admitted_total", ("stage", "noop")));
        Assert.Equal(0, Value(families, "dispatcher_steps_queued", "dispatcher_steps_queued", ("stage", "noop"), ("reason", "cap")));
        Assert.Equal(0, Value(families, "dispatcher_journal_queue_events", "dispatcher_journal_queue_events"));
        Assert.True(Value(families, "dispatcher_journal_append_duration_seconds", "dispatcher_journal_append_duration_seconds_count") >= 4);
        Assert.True(Value(families, "dispatcher_journal_batch_events", "dispatcher_journal_batch_events_sum") >= 10);
        Assert.All(families.Values.Where(family => family.Name.StartsWith("dispatcher_", StringComparison.Ordinal)), family => Assert.False(string.IsNullOrWhiteSpace(family.Help)));
    }

    [Fact]
    public async Task Requests_AreMeasured_ByRouteAndNotByPath()
    {
        using var directory = new TemporaryDirectory();
        await using var service = await TestService.Start(directory.Path);
        using var client = service.Client();
        await client.GetAsync("/nobody/knows/this");
        await client.PostAsync("/api/v1/jobs", null);

        // Over the same connection, which takes a request only when the one before has been measured.
        var text = await client.GetStringAsync("/metrics");

        var families = PrometheusParser.Parse(text, openMetrics: false);
        Assert.DoesNotContain("nobody/knows", text, StringComparison.Ordinal);
        Assert.Contains(families["http_server_request_duration_seconds"].Samples, sample => sample.Labels.GetValueOrDefault("http_route")?.StartsWith("/api/v1/jobs", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task Answer_IsRefused_WhenItIsAskedThroughAProxy()
    {
        using var directory = new TemporaryDirectory();
        await using var service = await TestService.Start(directory.Path);
        using var client = service.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics") { Headers = { { "X-Forwarded-For", "203.0.113.9" } } };

        using var answer = await client.SendAsync(request);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    private static double Value(IReadOnlyDictionary<string, PrometheusFamily> families, string family, string sample, params (string Name, string Value)[] labels) =>
        families[family].Samples.Single(one => one.Name == sample && one.Labels.Count == labels.Length && labels.All(label => one.Labels.GetValueOrDefault(label.Name) == label.Value)).Value;

    private static async Task<(string? ContentType, string Text)> Get(TestService service, string? accept)
    {
        using var client = service.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        if (accept is not null) request.Headers.Add("Accept", accept);
        using var answer = await client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return (answer.Content.Headers.ContentType?.ToString(), await answer.Content.ReadAsStringAsync());
    }

    private static async Task Run(TestService service, string steps, JobStatus expected)
    {
        var node = service.Engine.Node;
        var workflow = WorkflowDefinition.Parse($"name: w-{expected.ToText()}\nversion: 1\n{steps}", "test");
        await node.Workflows.Register(workflow);
        var id = node.Gateway.NextJobId();
        var ended = node.Feed.WhenEnded(id);
        Assert.IsType<CommandReply.Done>(await node.Gateway.Submit(new JobSpec { Workflow = workflow.Reference }, Principal.Engine, id));
        Assert.Equal(expected, (await ended).Status);
    }
}
