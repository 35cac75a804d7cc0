using System.Net;
using Dispatcher.Jobs;
using Dispatcher.Web.Tests.Callbacks;
using Dispatcher.Web.Tests.Live;
using Dispatcher.Web.Tests.Support;

namespace Dispatcher.Web.Tests.Contracts.SchedulerService;

/// <summary>Runs, the graph, patterns, triggers and events: RunJob, ListJobRuns, GetJobGraph, RegisterJobPattern, TriggerJobFromOrchestration.</summary>
public class SchedulerRunTests : SchedulerServiceTest
{
    [Fact]
    public async Task Run_HasAllItsFields_AndEndsInSuccess()
    {
        await Make("""
            "id":"j","name":"n","payload":"hello","master_uuid":"m","campaign_id":3,"metadata":{}
            """);
        var made = await Ops("run_job", "\"job_id\":\"j\",\"metadata\":{}");
        Assert.Equal(
            ["id", "job_id", "started_at", "finished_at", "status", "result", "error", "metadata", "master_uuid", "campaign_id"],
            made.At("run").EnumerateObject().Select(property => property.Name));

        var runs = await Newest("j", "success");

        var run = runs.At("runs.0");
        Assert.Equal((made.Text("run.id"), "j", "m", 3L), (run.GetProperty("id").GetString(), run.GetProperty("job_id").GetString(), run.GetProperty("master_uuid").GetString(), run.GetProperty("campaign_id").GetInt64()));
        Assert.Equal("""{"payload":"hello"}""", run.GetProperty("result").GetString());
        Assert.True(run.GetProperty("finished_at").GetInt64() >= run.GetProperty("started_at").GetInt64());
        Assert.Equal((1L, 1L, 1L), (runs.Number("total_count"), runs.Number("page"), runs.Number("total_pages")));
        var job = await Ops("get_job", "\"job_id\":\"j\",\"metadata\":{}");
        Assert.Equal("success", job.Text("job.history.runs.0.status"));
    }

    [Fact]
    public async Task Run_Fails_AfterAllAttempts_AndSaysWhy()
    {
        await Api.Register(Support.Workflows.Failing);
        await Make("""
            "id":"j","name":"n","payload":"{\"workflow\":\"failing\"}","retry_policy":{"max_attempts":2,"backoff_seconds":0},"metadata":{"scheduling":{"retry_policy":{"max_attempts":2,"backoff":"exponential"}}}
            """);
        using var events = await SseClient.Open(Plain.Client, "/api/scheduler_ops/events");
        await events.Next();
        await Ops("run_job", "\"job_id\":\"j\",\"metadata\":{}");

        var failed = await events.Until(next => next.Type == "scheduler.job_failed");

        Assert.Equal("FAILED", failed[^1].Json.GetProperty("payload").GetProperty("status").GetString());
        var run = (await Newest("j", "failed")).At("runs.0");
        Assert.NotEqual("", run.GetProperty("error").GetString());
        // Attempts are runs in all: two children.
        Assert.Equal(2, (await Api.Get("/jobs?workflow=failing")).At("jobs").GetArrayLength());
    }

    [Fact]
    public async Task EqualTriggers_AHundredAtOnce_AreOneRun()
    {
        await Make("""
            "id":"j","name":"n","metadata":{}
            """);

        var runs = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Ops("run_job", "\"job_id\":\"j\",\"idempotency_key\":\"k\",\"metadata\":{}")));
        var triggers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Ops("trigger_job_from_orchestration", "\"id\":\"j\",\"orchestration_id\":\"o\",\"input\":{\"a\":1},\"metadata\":{}")));

        Assert.Single(runs.Select(run => run.Text("run.id")).Distinct(StringComparer.Ordinal));
        Assert.Single(triggers.Select(run => run.Text("run.id")).Distinct(StringComparer.Ordinal));
        Assert.Equal(2, (await Ops("list_job_runs", "\"job_id\":\"j\",\"metadata\":{}")).Number("total_count"));
    }

    /// <summary>Who wants a run knows it by what he has sent along, and its events say who he was.</summary>
    [Fact]
    public async Task Runs_BelongToTheRequestThatAskedForThem()
    {
        await Make("""
            "id":"j","name":"n","metadata":{}
            """);
        await Ops("register_job_pattern", "\"pattern_id\":\"p\",\"definition\":{\"workflow\":\"quick\"},\"metadata\":{}");
        foreach (var (action, id) in new[] { ("run_job", "j"), ("trigger_job_from_orchestration", "j"), ("trigger_job_from_orchestration", "p") })
        {
            var made = await Plain.Post("/api/scheduler_ops", $$$"""{"action":"{{{action}}}","id":"{{{id}}}","metadata":{}}""", ("x-correlation-id", $"asked-{action}-{id}"));
            await AssertAskedBy(made.Text("run.id"), $"asked-{action}-{id}");
        }

        var run = await Api.Post("/schedules/j/run", "{}", ("x-correlation-id", "asked-rest"));
        await AssertAskedBy(run.Text("id"), "asked-rest");

        async Task AssertAskedBy(string job, string correlation)
        {
            var first = (await Service.Engine.Store.ReadEvents(JobId.Parse(job), 0, 1))[0];
            var submitted = Assert.IsType<JobEvent.Submitted>(EventCodec.Decode(first.Type, first.At, first.Payload.Span));
            Assert.Equal(correlation, submitted.Spec.CorrelationId);
            Assert.StartsWith("api 127.0.0.1", submitted.By.Origin, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Triggers_WithALongIdAndALongKey_AreTaken_AndWhatIsRefused_HasItsStatus()
    {
        var id = new string('j', 128);
        await Make($$"""
            "id":"{{id}}","name":"n","metadata":{"service_specific":{"scheduler":{"pattern_id":""} } }
            """);
        var key = new string('k', 200);

        var first = await Ops("run_job", $"\"job_id\":\"{id}\",\"idempotency_key\":\"{key}\",\"metadata\":{{}}");
        var again = await Ops("run_job", $"\"job_id\":\"{id}\",\"idempotency_key\":\"{key}\",\"metadata\":{{}}");

        Assert.Equal(first.Text("run.id"), again.Text("run.id"));
        AssertError(await Ops("run_job", $"\"job_id\":\"{id}\",\"idempotency_key\":\"{key}k\",\"metadata\":{{}}"), 400, "it must have 1 to 200");
        await Ops("register_job_pattern", "\"pattern_id\":\"p\",\"definition\":{\"workflow\":\"nobody\"},\"metadata\":{}");
        AssertError(await Ops("trigger_job_from_orchestration", "\"id\":\"p\",\"metadata\":{}"), 404, "which is not registered");
    }

    [Fact]
    public async Task Graph_HasNodes_AndEdgesFromDependencyToDependent_AndTellsWhoIsBlocked()
    {
        await Make("""
            "id":"a","name":"n","metadata":{}
            """);
        await Make("""
            "id":"b","name":"n","metadata":{"scheduling":{"dependencies":["a"]}}
            """);
        await Make("""
            "id":"c","name":"n","metadata":{"scheduling":{"dependencies":["a","b"]}}
            """);

        var graph = await Ops("get_job_graph");
        Assert.Equal(("""["a","b","c"]""", """[["a","b"],["a","c"],["b","c"]]""", "[]"), (graph.At("nodes").GetRawText(), graph.At("edges").GetRawText(), graph.At("blocked").GetRawText()));

        await Ops("delete_job", "\"job_id\":\"b\",\"metadata\":{}");
        Assert.Equal("""[{"job_id":"c","missing":["b"]}]""", (await Ops("get_job_graph")).At("blocked").GetRawText());
    }

    [Fact]
    public async Task Cycles_AreRefused_WithTheirPath_AtCreationAndAtUpdate()
    {
        AssertError(await Ops("create_job", """
            "job":{"id":"self","name":"n","metadata":{"scheduling":{"dependencies":["self"]}}}
            """), 400, "self depends on self");
        await Make("""
            "id":"a","name":"n","metadata":{}
            """);
        await Make("""
            "id":"b","name":"n","metadata":{"scheduling":{"dependencies":["a"]}}
            """);

        AssertError(await Ops("update_job", """
            "job":{"id":"a","metadata":{"scheduling":{"dependencies":["b"]}}}
            """), 400, "a depends on b depends on a");
    }

    [Fact]
    public async Task AFiring_WaitsForItsDependencies_AndComesOnceThen()
    {
        await Make("""
            "id":"data","name":"n","metadata":{}
            """);
        await Make("""
            "id":"report","name":"n","metadata":{"scheduling":{"cron":"* * * * * *","dependencies":["data"]}}
            """);
        await Poll.Until(() => Api.Get("/schedules/report"), schedule => schedule.Has("held_due"));
        Assert.Equal(0, (await Ops("list_job_runs", "\"job_id\":\"report\",\"metadata\":{}")).Number("total_count"));

        await Ops("run_job", "\"job_id\":\"data\",\"metadata\":{}");
        var runs = await Newest("report", "success");

        Assert.Equal((1L, "dependency"), (runs.Number("total_count"), runs.Text("runs.0.metadata.cause")));
    }

    [Fact]
    public async Task Patterns_AreRegistered_WithSteps_AndRunByJobs()
    {
        const string pattern = """
            "pattern_id":"campaign","pattern_type":"automation","version":"1.2.0","origin":"manual","campaign_id":7,
            "definition":{"id":"campaign","version":"1.2.0","description":"d","steps":[{"type":"","action":"noop","parameters":{"a":1},"depends_ons":[]},{"type":"","action":"delay","parameters":{"seconds":0},"depends_ons":["noop"]}]},"metadata":{}
            """;
        var made = await Ops("register_job_pattern", pattern);
        Assert.Equal(("campaign", "1.2.0"), (made.Text("pattern_id"), made.Text("version")));
        Assert.Equal(HttpStatusCode.OK, (await Ops("register_job_pattern", pattern)).Status);
        AssertError(await Ops("register_job_pattern", pattern.Replace("\"a\":1", "\"a\":2", StringComparison.Ordinal)), 409, "a version never changes");
        AssertError(await Ops("register_job_pattern", pattern.Replace("1.2.0", "1.3.0", StringComparison.Ordinal).Replace("[\"noop\"]", "[\"nobody\"]", StringComparison.Ordinal)), 400, "depends_ons names 'nobody'");
        AssertError(await Ops("register_job_pattern", "\"pattern_id\":\"x\",\"metadata\":{}"), 400, "definition.steps is required");
        AssertError(await Ops("register_job_pattern", "\"pattern_id\":\"\",\"definition\":{\"steps\":[{\"action\":\"noop\"}]},\"metadata\":{}"), 400, "pattern_id is required");

        await Make("""
            "id":"j","name":"n","metadata":{"service_specific":{"scheduler":{"pattern_id":"campaign"}}}
            """);
        await Ops("run_job", "\"job_id\":\"j\",\"metadata\":{}");
        await Newest("j", "success");
        Assert.Single((await Api.Get("/jobs?label=pattern=campaign")).At("jobs").EnumerateArray());
    }

    [Fact]
    public async Task Triggers_TakeJobsAndPatterns_WithAnInput()
    {
        await Make("""
            "id":"j","name":"n","payload":"{\"workflow\":\"quick\",\"input\":{\"a\":0}}","metadata":{}
            """);
        await Ops("register_job_pattern", "\"pattern_id\":\"p\",\"definition\":{\"workflow\":\"quick\"},\"metadata\":{}");
        await Ops("register_job_pattern", "\"pattern_id\":\"of-job\",\"job_id\":\"j\",\"metadata\":{}");

        var job = await Ops("trigger_job_from_orchestration", "\"id\":\"j\",\"input\":{\"a\":1},\"metadata\":{}");
        await Newest("j", "success");
        var pattern = await Ops("trigger_job_from_orchestration", "\"id\":\"p\",\"input\":{\"a\":2},\"metadata\":{}");
        var ofJob = await Ops("trigger_job_from_orchestration", "\"id\":\"of-job\",\"input\":{\"a\":3},\"metadata\":{}");
        await Until(ofJob.Text("run.id"), "completed");

        Assert.Equal("j", job.Text("run.job_id"));
        Assert.Equal(2, (await Api.Get($"/jobs/{pattern.Text("run.id")}")).Number("input.a"));
        var inputs = (await Task.WhenAll((await Api.Get("/jobs?workflow=quick")).At("jobs").EnumerateArray().Select(found => Api.Get($"/jobs/{found.GetProperty("id").GetString()}")))).Select(found => found.Number("input.a"));
        Assert.Equal([1L, 2L, 3L], inputs.Order());
        AssertError(await Ops("trigger_job_from_orchestration", "\"id\":\"nobody\",\"metadata\":{}"), 404, "job or pattern not found: nobody");
        AssertError(await Ops("trigger_job_from_orchestration", "\"id\":\"j\",\"input\":[],\"metadata\":{}"), 400, "input must be an object");
    }

    [Fact]
    public async Task Events_AreRefusedInTheContractsWords() =>
        AssertError(await Plain.Get("/api/scheduler_ops/events?after=nowhere"), 400, "after");

    [Fact]
    public async Task Events_AreThoseOfTheDocument()
    {
        using var events = await SseClient.Open(Plain.Client, "/api/scheduler_ops/events");
        await events.Next();
        await Make("""
            "id":"abc123","name":"n","metadata":{}
            """);
        await Ops("update_job", """
            "job":{"id":"abc123","name":"m","metadata":{}}
            """);
        await Ops("run_job", "\"job_id\":\"abc123\",\"metadata\":{}");
        var seen = await events.Until(next => next.Type == "scheduler.job_completed");
        await Ops("delete_job", "\"job_id\":\"abc123\",\"metadata\":{}");
        seen.AddRange(await events.Until(next => next.Type == "scheduler.job_deleted"));

        Assert.Equal(["created", "updated", "started", "completed", "deleted"], seen.Select(next => next.Type["scheduler.job_".Length..]));
        var completed = seen[3].Json;
        Assert.Equal(("abc123", "COMPLETED"), (completed.GetProperty("payload").GetProperty("job_id").GetString(), completed.GetProperty("payload").GetProperty("status").GetString()));
        Assert.Equal(["type", "payload", "metadata"], completed.EnumerateObject().Select(property => property.Name));
        Assert.Equal("scheduler:run_job:v1:completed", completed.GetProperty("metadata").GetProperty("topic").GetString());
    }

    private async Task<Answer> Newest(string job, string status) => await Poll.Until(
        () => Ops("list_job_runs", $"\"job_id\":\"{job}\",\"metadata\":{{}}"), runs => runs.At("runs").GetArrayLength() > 0 && runs.Text("runs.0.status") == status);
}
