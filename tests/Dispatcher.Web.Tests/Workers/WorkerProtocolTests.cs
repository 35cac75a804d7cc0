using System.Net;
using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Web.Tests.Callbacks;

namespace Dispatcher.Web.Tests.Workers;

/// <summary>The protocol over real HTTP, with a worker that says what it likes.</summary>
public sealed class WorkerProtocolTests : IAsyncLifetime
{
    private WorkerService _service = null!;

    public async Task InitializeAsync() => _service = await WorkerService.Start();

    public async Task DisposeAsync() => await _service.DisposeAsync();

    [Fact]
    public async Task ATask_IsLeasedAndCompleted_AndItsOutputIsTheSteps()
    {
        var (id, ended) = await _service.Submit(new { n = 7 }, task: "double");
        var lease = await _service.Lease(worker: "gpu-1");
        Assert.Equal((id.ToString(), "run", 1, "double", "demo"), (Text(lease, "job_id"), Text(lease, "step"), lease.GetProperty("attempt").GetInt32(), Text(lease, "task"), Text(lease, "queue")));
        Assert.Equal(("""{"n":7}""", $"{id}/run", 1_200_000), (lease.GetProperty("input").GetRawText(), Text(lease, "idempotency_key"), lease.GetProperty("heartbeat_ms").GetInt32()));
        Assert.False(lease.TryGetProperty("tenant", out _));
        Assert.Equal("ok", await _service.StatusOf(Text(lease, "lease")));
        var answer = await _service.Post("complete", new { lease = Text(lease, "lease"), output = new { n = 14 } });
        Assert.Equal((HttpStatusCode.OK, """{"status":"accepted","again":false}"""), (answer.Status, answer.Content));
        // Told only after it is durable.
        var completed = (await _service.EventsOf(id)).OfType<JobEvent.StepCompleted>().Single();
        Assert.Equal("""{"n":14}""", completed.Output!.Value.GetRawText());
        Assert.Equal(JobStatus.Completed, (await ended).Status);
        Assert.Equal("gpu-1", (await _service.EventsOf(id)).OfType<JobEvent.StepLeased>().Single().Worker);
    }

    [Fact]
    public async Task Complete_IsAnsweredAlike_WhenItIsGivenAgain_AndRefused_WhenItSaysOtherwise()
    {
        var (id, ended) = await _service.Submit();
        var lease = Text(await _service.Lease(), "lease");
        await _service.Post("complete", new { lease, output = new { a = 1, b = new[] { 1.0 } } });
        await ended;
        var again = await _service.Post("complete", new { lease, output = JsonDocument.Parse("""{"b":[1.0],"a":1}""").RootElement });
        Assert.Equal((HttpStatusCode.OK, true), (again.Status, again.At("again").GetBoolean()));
        foreach (var other in new object[] { new { lease, output = new { a = 2 } }, new { lease } })
        {
            var refused = await _service.Post("complete", other);
            Assert.Equal((HttpStatusCode.Conflict, "lease-lost", "completed", "step.completed"), (refused.Status, refused.Text("code"), refused.Text("job_status"), refused.Text("ended_by")));
        }

        Assert.Equal(HttpStatusCode.Conflict, (await _service.Post("fail", new { lease, error = new { message = "late" } })).Status);
        Assert.Equal("lost", await _service.StatusOf(lease));
        Assert.Single((await _service.EventsOf(id)).OfType<JobEvent.StepCompleted>());
    }

    [Fact]
    public async Task AnEarlierAttemptsAnswer_IsRefused_WhileALaterOneRuns()
    {
        var (id, ended) = await _service.Submit();
        var first = Text(await _service.Lease(worker: "w1"), "lease");
        var failing = new { lease = first, error = new { @class = "transient", code = "NO_LUCK", message = "not today" } };
        Assert.Equal(HttpStatusCode.OK, (await _service.Post("fail", failing)).Status);
        var second = await _service.Lease(worker: "w2");
        Assert.Equal(2, second.GetProperty("attempt").GetInt32());
        Assert.True((await _service.Post("fail", failing)).At("again").GetBoolean());
        var late = await _service.Post("complete", new { lease = first, output = "late" });
        Assert.Equal((HttpStatusCode.Conflict, "running", "step.retrying"), (late.Status, late.Text("job_status"), late.Text("ended_by")));
        Assert.Equal("lost", await _service.StatusOf(first));
        Assert.Equal(HttpStatusCode.Conflict, (await _service.Put(first, "a.txt", new StringContent("late"))).Status);
        Assert.Equal(HttpStatusCode.OK, (await _service.Post("complete", new { lease = Text(second, "lease"), output = "good" })).Status);
        Assert.Equal("\"good\"", (await ended).Step("run").Output!.Value.GetRawText());
        Assert.Equal(new Failure(ErrorClass.Transient, "not today", "NO_LUCK"), (await _service.EventsOf(id)).OfType<JobEvent.StepRetrying>().Single().Failure);
    }

    [Fact]
    public async Task APermanentFailure_IsNotTriedAgain()
    {
        var (_, ended) = await _service.Submit();
        var lease = Text(await _service.Lease(), "lease");
        await _service.Post("fail", new { lease, error = new { @class = "permanent", message = "never" } });
        Assert.Equal((JobStatus.Failed, "never"), ((await ended).Status, (await ended).Failure!.Message));
    }

    [Fact]
    public async Task ALease_IsUnknown_WhenItIsNotAsItWasGiven()
    {
        await _service.Submit();
        var lease = Text(await _service.Lease(), "lease");
        foreach (var forged in new[] { "", "x", lease[..^2], lease + "AA", Changed(lease), new Steps.Workers.LeaseKey(_service.Gateway.NextJobId(), new StepKey("run"), 1, 3).ToText() })
        {
            var answer = await _service.Post("complete", new { lease = forged, output = 1 });
            Assert.Equal((HttpStatusCode.NotFound, "unknown-lease"), (answer.Status, answer.Text("code")));
            Assert.Equal("lost", await _service.StatusOf(forged));
        }

        Assert.Equal(HttpStatusCode.OK, (await _service.Post("complete", new { lease })).Status);
    }

    [Fact]
    public async Task ACancelledJob_TellsItsWorker()
    {
        var (id, ended) = await _service.Submit();
        var lease = Text(await _service.Lease(), "lease");
        await _service.Gateway.Send(id, new JobCommand.Cancel(new Principal("ada"), null, TimeProvider.System.GetUtcNow()));
        Assert.Equal(JobStatus.Cancelled, (await ended).Status);
        Assert.Equal("cancel", await _service.StatusOf(lease));
        var late = await _service.Post("complete", new { lease, output = 1 });
        Assert.Equal((HttpStatusCode.Conflict, "cancelled", "job.cancelled"), (late.Status, late.Text("job_status"), late.Text("ended_by")));
    }

    [Fact]
    public async Task ACheckpoint_ReachesTheNextAttempt()
    {
        await _service.Submit();
        var lease = Text(await _service.Lease(), "lease");
        await _service.Post("heartbeat", new { leases = new[] { new { lease, progress = 40, message = "half", checkpoint = new { frame = 12 } } } });
        await _service.Post("fail", new { lease, error = new { message = "again" } });
        Assert.Equal("""{"frame":12}""", (await _service.Lease()).GetProperty("checkpoint").GetRawText());
    }

    [Fact]
    public async Task RetryAfter_HoldsTheNextAttemptBack()
    {
        var (id, _) = await _service.Submit();
        var lease = Text(await _service.Lease(), "lease");
        await _service.Post("fail", new { lease, error = new { message = "busy" }, retry_after = "2h" });
        var retrying = (await _service.EventsOf(id)).OfType<JobEvent.StepRetrying>().Single();
        Assert.Equal(TimeSpan.FromHours(2), retrying.RetryAt - retrying.At);
        Assert.Empty((await _service.Poll(waitMs: 0)).At("leases").EnumerateArray());
    }

    [Fact]
    public async Task Queues_TellWhatWaitsAndWhoWorks()
    {
        await _service.Submit();
        await _service.Submit();
        await _service.Lease(worker: "gpu-1");
        // The second one is offered a moment after its job was made.
        var queue = await Poll.Until(async () => (await _service.Api.Get("/workers/queues")).At("queues.0"), shown => shown.GetProperty("waiting").GetInt32() == 1);
        Assert.Equal(("demo", 1, 1), (Text(queue, "queue"), queue.GetProperty("waiting").GetInt32(), queue.GetProperty("leased").GetInt32()));
        Assert.True(queue.GetProperty("oldest_waiting_ms").GetInt64() >= 0);
        var worker = Assert.Single(queue.GetProperty("workers").EnumerateArray());
        Assert.Equal(("gpu-1", 1, false), (Text(worker, "worker"), worker.GetProperty("leases").GetInt32(), worker.GetProperty("draining").GetBoolean()));
    }

    [Theory]
    [InlineData("lease", """{"queues":[],"worker":"w"}""", "queues")]
    [InlineData("lease", """{"queues":[null],"worker":"w"}""", "queues[0]")]
    [InlineData("lease", """{"queues":["a\n"],"worker":"w"}""", "queues[0]")]
    [InlineData("lease", """{"queues":["A B"],"worker":""}""", "worker")]
    [InlineData("lease", """{"queues":["a"],"worker":"w","capacity":0}""", "capacity")]
    [InlineData("lease", """{"queues":["a"],"worker":"w","capacity":101}""", "capacity")]
    [InlineData("lease", """{"queues":["a"],"worker":"w","wait_ms":-1}""", "wait_ms")]
    [InlineData("lease", """{"queues":["a"],"worker":"w","wait_ms":60001}""", "wait_ms")]
    [InlineData("lease", """{"queues":["a"],"worker":"w","wait_ms":99999999999}""", "wait_ms")]
    [InlineData("lease", """{"queues":"a","worker":"w"}""", "queues")]
    [InlineData("lease", """{"queues":["a"],"worker":"w","greedy":true}""", "greedy")]
    [InlineData("heartbeat", """{"leases":[]}""", "leases")]
    [InlineData("heartbeat", """{"leases":[null]}""", "leases[0]")]
    [InlineData("heartbeat", """{"leases":[{"lease":"x","progress":101}]}""", "progress")]
    [InlineData("heartbeat", """{"leases":[{"lease":null}]}""", "lease")]
    [InlineData("complete", """{"output":1}""", "lease")]
    [InlineData("complete", """{"lease":"x","artifacts":[null]}""", "artifacts[0]")]
    [InlineData("fail", """{"lease":"x","error":{"class":"worker-lost","message":"m"}}""", "error.class")]
    [InlineData("fail", """{"lease":"x","error":{"class":"weird","message":"m"}}""", "class")]
    [InlineData("fail", """{"lease":"x","error":{"message":""}}""", "error.message")]
    [InlineData("fail", """{"lease":"x","error":{"message":"m","code":"no code"}}""", "error.code")]
    [InlineData("fail", """{"lease":"x","error":{"message":"m"},"retry_after":"soon"}""", "retry_after")]
    [InlineData("fail", """{"lease":"x"}""", "error")]
    public async Task ARequest_IsRefused_NamingWhatIsWrong(string path, string body, string named)
    {
        var answer = await _service.Post(path, JsonDocument.Parse(body).RootElement);
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains(named, answer.Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnOutput_IsRefused_WhenItIsTooLarge_AndTheLeaseHolds()
    {
        await _service.Submit();
        var lease = Text(await _service.Lease(), "lease");
        var refused = await _service.Post("complete", new { lease, output = new string('x', 300_000) });
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "output-too-large"), (refused.Status, refused.Text("code")));
        Assert.Equal("ok", await _service.StatusOf(lease));
        var checkpoint = await _service.Post("heartbeat", new { leases = new[] { new { lease, checkpoint = new string('x', 70_000) } } });
        Assert.Equal(HttpStatusCode.BadRequest, checkpoint.Status);
    }

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;

    private static string Changed(string lease)
    {
        Assert.True(Steps.Workers.LeaseKey.TryParse(lease, out var key));
        return (key with { Token = key.Token + 1 }).ToText();
    }
}
