using System.Security.Cryptography;
using System.Text;
using Dispatcher.Jobs;
using Dispatcher.Process.Tests.Support;

namespace Dispatcher.Process.Tests.Workers;

/// <summary>The sample workers, as real processes, against a real server.</summary>
public sealed class SampleWorkerTests
{
    /// <summary>The shortest there is, for what waits for its end or for a heartbeat.</summary>
    private const string ShortLease = "5s";

    [Theory]
    [InlineData(SampleWorker.Python)]
    [InlineData(SampleWorker.Node)]
    public async Task FiftyJobs_AreCompleted_EachOnce(string language)
    {
        await using var server = await JobServer.Start();
        await using var worker = SampleWorker.Start(language, server);
        var ids = new List<string>();
        for (var i = 0; i < 50; i++) ids.Add(await server.Submit("sha256", new { text = $"job {i}" }));
        await server.WhenEnded(50);
        var jobs = await JournalChecker.AssertHolds(server.Data, ids);
        for (var i = 0; i < 50; i++)
        {
            var completed = Assert.Single(jobs.Single(job => job.Id.ToString() == ids[i]).Decoded.OfType<JobEvent.StepCompleted>());
            Assert.Equal($$"""{"sha256":"{{Sha256Of($"job {i}")}}"}""", completed.Output!.Value.GetRawText());
        }
    }

    [Theory]
    [InlineData(SampleWorker.Python)]
    [InlineData(SampleWorker.Node)]
    public async Task EveryDemoTask_DoesWhatItSays(string language)
    {
        await using var server = await JobServer.Start();
        await using var worker = SampleWorker.Start(language, server);
        var echo = await server.Submit("echo", new { a = new[] { 1, 2 } });
        var file = await server.Submit("file", new { path = "out/ä b.txt", text = "hello" });
        var fails = await server.Submit("fail", new { @class = "permanent", code = "NO_CODEC", message = "no codec" });
        var recovers = await server.Submit("fail", new { until_attempt = 2 });
        var unknown = await server.Submit("dance");
        var sleeps = await server.Submit("sleep", new { seconds = 0.5 });
        var jobs = (await server.WhenEnded(6)).ToDictionary(job => job.Id.ToString());
        Assert.Equal("""{"a":[1,2]}""", OutputOf(jobs[echo]));
        Assert.Equal($$"""{"sha256":"{{Sha256Of("hello")}}"}""", OutputOf(jobs[file]));
        Assert.Equal(new Failure(ErrorClass.Permanent, "no codec", "NO_CODEC"), FailureOf(jobs[fails]));
        Assert.Equal("""{"attempt":2}""", OutputOf(jobs[recovers]));
        Assert.Equal("UNKNOWN_TASK", FailureOf(jobs[unknown]).Code);
        Assert.Equal("""{"slept":0.5}""", OutputOf(jobs[sleeps]));
    }

    [Theory]
    [InlineData(SampleWorker.Python, SampleWorker.Node)]
    [InlineData(SampleWorker.Node, SampleWorker.Python)]
    public async Task AKilledWorker_CostsAnAttempt_AndAnotherCompletesTheTask(string first, string second)
    {
        await using var server = await JobServer.Start(ShortLease);
        await using var victim = SampleWorker.Start(first, server, "victim");
        await server.SubmitWaiting();
        await victim.WaitForText("started");
        victim.Kill9();
        await victim.WaitForExit();
        server.OpenGate();
        await using var heir = SampleWorker.Start(second, server, "heir");
        await server.WhenEnded(1);
        var job = (await JournalChecker.AssertHolds(server.Data))[0];
        var retrying = Assert.Single(job.Decoded.OfType<JobEvent.StepRetrying>());
        Assert.Equal((1, ErrorClass.WorkerLost, "LEASE_EXPIRED"), (retrying.Attempt, retrying.Failure.Class, retrying.Failure.Code));
        Assert.Equal(2, Assert.Single(job.Decoded.OfType<JobEvent.StepCompleted>()).Attempt);
        Assert.Equal(["victim", "heir"], job.Decoded.OfType<JobEvent.StepLeased>().Select(leased => leased.Worker));
    }

    [Fact]
    public async Task APoisonTask_Fails_WhenItHasTakenItsWorkerDownAsOftenAsItMay()
    {
        await using var server = await JobServer.Start(ShortLease);
        await server.Submit("poison");
        for (var attempt = 1; attempt <= 2; attempt++)
        {
            // Takes the task and is never heard again, as if the task had killed it.
            var leased = await server.Post("/api/v1/workers/lease", new { queues = new[] { "demo" }, worker = $"w{attempt}", wait_ms = 60_000 });
            Assert.Equal(attempt, leased.GetProperty("leases")[0].GetProperty("attempt").GetInt32());
        }

        var job = Assert.Single(await server.WhenEnded(1));
        Assert.Equal(JobStatus.Failed, job.Row.Status);
        Assert.Equal((ErrorClass.WorkerLost, "LEASE_EXPIRED"), (FailureOf(job).Class, FailureOf(job).Code));
    }

    [Theory]
    [InlineData(SampleWorker.Python)]
    [InlineData(SampleWorker.Node)]
    public async Task AWorkThatEndsWhileTheServerIsDown_IsAcceptedByTheNextOne(string language)
    {
        await using var server = await JobServer.Start();
        await using var worker = SampleWorker.Start(language, server);
        await server.SubmitWaiting();
        await worker.WaitForText("started");
        await server.Kill();
        // The worker finds nobody for its poll, and for its answer; it keeps trying.
        server.OpenGate();
        await worker.WaitForText("no tasks: 0");
        await server.StartAgain();
        await worker.WaitForText("complete");
        await server.WhenEnded(1);
        var job = (await JournalChecker.AssertHolds(server.Data))[0];
        Assert.Equal(1, Assert.Single(job.Decoded.OfType<JobEvent.StepCompleted>()).Attempt);
        Assert.Single(job.Decoded.OfType<JobEvent.StepLeased>());
        Assert.Empty(job.Decoded.OfType<JobEvent.StepRetrying>());
        Assert.Equal(2, job.Events.Select(stored => stored.Writer).Distinct().Count());
    }

    [Fact]
    public async Task AServerThatStops_LeavesLeasesAsTheyAre()
    {
        await using var server = await JobServer.Start();
        await using var worker = SampleWorker.Start(SampleWorker.Python, server);
        await server.SubmitWaiting();
        await worker.WaitForText("started");
        await server.Stop();
        await server.StartAgain();
        server.OpenGate();
        var job = Assert.Single(await server.WhenEnded(1));
        Assert.Equal(1, Assert.Single(job.Decoded.OfType<JobEvent.StepCompleted>()).Attempt);
        Assert.DoesNotContain(job.Decoded, e => e is JobEvent.StepReleased or JobEvent.StepRetrying);
    }

    [Theory]
    [InlineData(SampleWorker.Python)]
    [InlineData(SampleWorker.Node)]
    public async Task Sigterm_LetsTheRunningTaskEnd_AndTakesNoOther(string language)
    {
        await using var server = await JobServer.Start();
        await using var worker = SampleWorker.Start(language, server, concurrency: 1);
        await server.SubmitWaiting();
        await worker.WaitForText("started");
        await server.Submit("echo");
        await Wait.Until(async () => (await Journal.Read(server.Data))[1].Row.Status == JobStatus.Running, () => "the other task is there");
        worker.Terminate();
        await worker.WaitForText("draining");
        server.OpenGate();
        var result = await worker.WaitForExit();
        Assert.True(result.ExitCode == 0, result.All);
        var jobs = await Journal.Read(server.Data);
        Assert.Equal([JobStatus.Completed, JobStatus.Running], jobs.Select(job => job.Row.Status));
        Assert.Empty(jobs[1].Decoded.OfType<JobEvent.StepLeased>());
    }

    [Theory]
    [InlineData(SampleWorker.Python)]
    [InlineData(SampleWorker.Node)]
    public async Task Sigterm_EndsAnIdleWorkerAtOnce_ThoughItsPollWaits(string language)
    {
        await using var server = await JobServer.Start();
        await using var worker = SampleWorker.Start(language, server);
        await Wait.Until(async () => await server.Client.GetStringAsync("/api/v1/workers/queues") is var queues && queues.Contains("\"polling\":1", StringComparison.Ordinal), () => "the worker asks");
        worker.Terminate();
        var result = await worker.WaitForExit();
        Assert.True(result.ExitCode == 0 && result.Error.Contains("stopped", StringComparison.Ordinal), result.All);
    }

    [Theory]
    [InlineData(SampleWorker.Python)]
    [InlineData(SampleWorker.Node)]
    public async Task ACancelledJob_StopsItsWorkersTask(string language)
    {
        await using var server = await JobServer.Start(ShortLease);
        await using var worker = SampleWorker.Start(language, server, concurrency: 1);
        var id = await server.Submit("sleep", new { seconds = 3600 });
        await worker.WaitForText("started");
        await server.Post($"/api/v1/jobs/{id}/cancel", new { reason = "not needed" });
        // A worker that stood still for the whole lease hears that it has lost the task.
        await worker.WaitForLine(line => line.Contains(" cancel ", StringComparison.Ordinal) || line.Contains(" lost ", StringComparison.Ordinal), "that the task is to stop");
        // The place of the task is free again.
        await server.Submit("echo");
        var jobs = await server.WhenEnded(2);
        Assert.Equal([JobStatus.Cancelled, JobStatus.Completed], jobs.Select(job => job.Row.Status));
    }

    private static string OutputOf(JobRecord job) => Assert.Single(job.Decoded.OfType<JobEvent.StepCompleted>()).Output!.Value.GetRawText();

    private static Failure FailureOf(JobRecord job) => Assert.Single(job.Decoded.OfType<JobEvent.StepFailed>()).Failure;

    private static string Sha256Of(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
