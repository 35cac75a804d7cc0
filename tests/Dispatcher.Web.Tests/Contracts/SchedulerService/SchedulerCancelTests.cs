using Dispatcher.Web.Tests.Live;

namespace Dispatcher.Web.Tests.Contracts.SchedulerService;

/// <summary>Optimistic scheduling: a job that runs once, unless something else happens before.</summary>
public sealed class SchedulerCancelTests : SchedulerServiceTest
{
    private const string Later = "2199-01-01T00:00:00Z";

    [Fact]
    public async Task CancelOn_EndsAJobThatWaitsForItsTime_AndSaysWhy()
    {
        await MakeReport("scheduler.job_failed:data", "scheduler.job_completed:data");
        await Make($$$"""
            "id":"other","name":"other","metadata":{"scheduling":{"run_at":"{{{Later}}}","cancel_on":["scheduler.job_failed:data"]}}
            """);
        using var events = await SseClient.Open(Plain.Client, "/api/scheduler_ops/events");
        await events.Next();

        await Ops("run_job", "\"job_id\":\"data\",\"metadata\":{}");

        var updated = (await events.Until(next => next.Type == "scheduler.job_updated"))[^1].Json.GetProperty("payload");
        Assert.Equal(("report", "COMPLETED", "cancelled by scheduler.job_completed:data"), (updated.GetProperty("job_id").GetString(), updated.GetProperty("status").GetString(), updated.GetProperty("reason").GetString()));
        var status = await Ops("get_job_status", "\"job_id\":\"report\",\"metadata\":{}");
        Assert.Equal("JOB_STATUS_COMPLETED", status.Text("status"));
        Assert.StartsWith("cancelled by scheduler.job_completed:data at 2", status.Text("reason"), StringComparison.Ordinal);
        var job = await Ops("get_job", "\"job_id\":\"report\",\"metadata\":{}");
        Assert.Equal((status.Text("reason"), 0L, 0), (job.Text("job.reason"), job.Number("job.next_run_time"), job.At("job.history.runs").GetArrayLength()));
        Assert.Equal("scheduler.job_completed:data", job.Text("job.metadata.scheduling.cancel_on.1"));
        status = await Ops("get_job_status", "\"job_id\":\"other\",\"metadata\":{}");
        Assert.Equal(("JOB_STATUS_ACTIVE", false), (status.Text("status"), status.Json.TryGetProperty("reason", out _)));
    }

    [Theory]
    [InlineData("scheduler.job_started:data")]
    [InlineData("scheduler.job_started")]
    [InlineData("scheduler.job_completed")]
    [InlineData("scheduler.job_updated:data")]
    [InlineData("scheduler.job_updated")]
    [InlineData("scheduler.job_deleted:data")]
    [InlineData("scheduler.job_deleted")]
    [InlineData("scheduler.job_created")]
    public async Task CancelOn_HasEachEvent_OfOneJobOrOfAny(string name)
    {
        await MakeReport(name);
        Assert.Equal("JOB_STATUS_ACTIVE", (await Ops("get_job_status", "\"job_id\":\"report\",\"metadata\":{}")).Text("status"));
        using var events = await SseClient.Open(Plain.Client, "/api/scheduler_ops/events");
        await events.Next();

        await Make("""
            "id":"third","name":"third","metadata":{}
            """);
        await Ops("run_job", "\"job_id\":\"data\",\"metadata\":{}");
        await Ops("update_job", "\"job_id\":\"data\",\"description\":\"x\",\"metadata\":{}");
        await Ops("delete_job", "\"job_id\":\"data\",\"metadata\":{}");

        await events.Until(next => next.Type == "scheduler.job_updated" && next.Json.GetProperty("payload").GetProperty("job_id").GetString() == "report");
        var status = await Ops("get_job_status", "\"job_id\":\"report\",\"metadata\":{}");
        Assert.Equal("JOB_STATUS_COMPLETED", status.Text("status"));
        Assert.StartsWith($"cancelled by {name}", status.Text("reason"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""["scheduler.job_finished"]""", "scheduling.cancel_on[0] is 'scheduler.job_finished', which is no event; known are scheduler.job_created, scheduler.job_updated")]
    [InlineData("""["scheduler.job_failed","job_failed"]""", "scheduling.cancel_on[1] is 'job_failed', which is no event")]
    [InlineData("""["scheduler.job_failed:"]""", "which is no event")]
    [InlineData("""["scheduler.job_failed:nobody"]""", "cancel_on: names nobody, and there is no such schedule")]
    [InlineData("""["scheduler.job_failed:a b"]""", "cancel_on[0].schedule: 'a b' is no id")]
    [InlineData("""["scheduler.job_created:data"]""", "cannot happen")]
    [InlineData("""["scheduler.job_failed:report"]""", "names the schedule itself")]
    [InlineData("""[7]""", "scheduling.cancel_on must be a list of texts")]
    public async Task CancelOn_ThatCannotHappen_IsRefused_AtCreationAndAtUpdate(string cancelOn, string text)
    {
        await MakeReport("scheduler.job_failed");
        AssertError(await Ops("update_job", $$$"""
            "job_id":"report","metadata":{"scheduling":{"cancel_on":{{{cancelOn}}} } }
            """), 400, text);
        await Ops("delete_job", "\"job_id\":\"report\",\"metadata\":{}");
        AssertError(await Ops("create_job", $$$"""
            "job":{"id":"report","name":"n","metadata":{"scheduling":{"run_at":"{{{Later}}}","cancel_on":{{{cancelOn}}} } } }
            """), 400, text);
    }

    [Fact]
    public async Task CancelOn_GoesWithRunAt() => AssertError(
        await Ops("create_job", """
            "job":{"name":"n","metadata":{"scheduling":{"cron":"@daily","cancel_on":["scheduler.job_failed"]}}}
            """),
        400,
        "scheduling.cancel_on goes with scheduling.run_at");

    [Fact]
    public async Task CancelOn_OfAScheduleMadeElsewhere_IsToldInTheContractsWords_AndTakenAway()
    {
        await Make("""
            "id":"data","name":"data","metadata":{}
            """);
        await Api.Post("/schedules", $$"""{"id":"s","at":"{{Later}}","workflow":"quick","cancel_on":[{"event":"failed","schedule":"data"},{"event":"created"}]}""");
        var job = await Ops("get_job", "\"job_id\":\"s\",\"metadata\":{}");
        Assert.Equal(("scheduler.job_failed:data", "scheduler.job_created"), (job.Text("job.metadata.scheduling.cancel_on.0"), job.Text("job.metadata.scheduling.cancel_on.1")));

        await Ops("update_job", "\"job_id\":\"s\",\"metadata\":{\"scheduling\":{\"cancel_on\":null}}");

        Assert.Empty((await Service.Engine.Schedules.Store.FindSchedule("default", "s"))!.Definition.CancelOn);
    }

    private async Task MakeReport(params string[] cancelOn)
    {
        await Make("""
            "id":"data","name":"data","metadata":{}
            """);
        await Make($$$"""
            "id":"report","name":"report","metadata":{"scheduling":{"run_at":"{{{Later}}}","cancel_on":[{{{string.Join(',', cancelOn.Select(name => $"\"{name}\""))}}}]}}
            """);
    }
}
