using System.Net;
using Dispatcher.Store;
using Dispatcher.Web.Tests.Callbacks;

namespace Dispatcher.Web.Tests.Contracts.SchedulerService;

/// <summary>Jobs: CreateJob, UpdateJob, DeleteJob, ListJobs, GetJob, GetJobStatus.</summary>
public class SchedulerJobTests : SchedulerServiceTest
{
    [Fact]
    public async Task Create_TakesTheSeedsExample_WithoutAJobType()
    {
        await Make("""
            "id":"job_id_data_refresh","name":"refresh","metadata":{}
            """);

        var made = await Ops("create_job", $$"""
            "job":{{{WeeklyReport}}}
            """);

        Assert.True(made.Status == HttpStatusCode.OK, made.ToString());
        Assert.Equal(("Weekly Report", "0 9 * * 1", "JOB_STATUS_ACTIVE", "JOB_TYPE_CUSTOM", "TRIGGER_TYPE_CRON"), (made.Text("job.name"), made.Text("job.schedule"), made.Text("job.status"), made.Text("job.job_type"), made.Text("job.trigger_type")));
        Assert.Equal("exponential", made.Text("job.metadata.scheduling.retry_policy.backoff"));
        var next = TimeZoneInfo.ConvertTime(DateTimeOffset.FromUnixTimeSeconds(made.Number("job.next_run_time")), TimeZoneInfo.FindSystemTimeZoneById("America/New_York"));
        Assert.Equal((DayOfWeek.Monday, 9, 0), (next.DayOfWeek, next.Hour, next.Minute));
    }

    [Fact]
    public async Task Job_HasAllItsFields()
    {
        var made = await Ops("create_job", """
            "job":{"id":"j1","name":"n","schedule":"@every 1h","payload":"p","metadata":{"x":1},"trigger_type":"INTERVAL","job_type":"MAINTENANCE",
                   "retry_policy":{"max_attempts":2,"backoff_seconds":7,"exponential":false},"owner":"ada","labels":{"team":"red"},"master_uuid":"m-1","campaign_id":42}
            """);

        var job = made.At("job");
        Assert.Equal(
            ["id", "name", "schedule", "payload", "status", "metadata", "last_run_id", "created_at", "updated_at", "trigger_type", "job_type", "owner", "next_run_time", "labels", "master_uuid", "campaign_id", "retry_policy", "history"],
            job.EnumerateObject().Select(property => property.Name));
        Assert.Equal(("j1", "p", "ada", "m-1", 42L, "red"), (made.Text("job.id"), made.Text("job.payload"), made.Text("job.owner"), made.Text("job.master_uuid"), made.Number("job.campaign_id"), made.Text("job.labels.team")));
        Assert.Equal(("TRIGGER_TYPE_INTERVAL", "JOB_TYPE_MAINTENANCE", 7L), (made.Text("job.trigger_type"), made.Text("job.job_type"), made.Number("job.retry_policy.backoff_seconds")));
        Assert.InRange(made.Number("job.created_at"), DateTimeOffset.UnixEpoch.AddYears(50).ToUnixTimeSeconds(), long.MaxValue);
        Assert.Equal("""{"runs":[]}""", made.At("job.history").GetRawText());
    }

    [Fact]
    public async Task Create_TakesFlatFieldsToo_AndMakesAnId()
    {
        var made = await Ops("create_job", """
            "name":"flat","schedule":"@daily","metadata":{"service_specific":{"scheduler":{"job_type":"cleanup"}}}
            """);

        Assert.Equal(("flat", "JOB_TYPE_CLEANUP"), (made.Text("job.name"), made.Text("job.job_type")));
        Assert.True(Guid.TryParse(made.Text("job.id"), out _));
    }

    [Fact]
    public async Task Create_OfOneId_AHundredTimesAtOnce_IsOneJob()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Ops("create_job", """
            "job":{"id":"same","name":"n","metadata":{}}
            """)));

        Assert.Single(answers, answer => answer.Status == HttpStatusCode.OK);
        Assert.All(answers.Where(answer => answer.Status != HttpStatusCode.OK), answer => AssertError(answer, 409, "job already exists: same"));
        Assert.Equal(1, (await Ops("list_jobs")).Number("total_count"));
    }

    [Fact]
    public async Task Update_ChangesWhatIsGiven_AndIsInForceAtOnce()
    {
        var id = await Make("""
            "name":"n","payload":"keep","metadata":{"scheduling":{"cron":"@yearly"}}
            """);

        var changed = await Ops("update_job", $$$"""
            "job":{"id":"{{{id}}}","name":"renamed","metadata":{"scheduling":{"cron":"* * * * * *"} } }
            """);

        Assert.Equal(("renamed", "keep", "* * * * * *"), (changed.Text("job.name"), changed.Text("job.payload"), changed.Text("job.schedule")));
        await Poll.Until(() => Ops("list_job_runs", $"\"job_id\":\"{id}\",\"metadata\":{{}}"), runs => runs.Number("total_count") > 0);
        AssertError(await Ops("update_job", """
            "job":{"id":"nobody","name":"x","metadata":{}}
            """), 404, "job not found: nobody");
    }

    [Theory]
    [InlineData("PAUSED", "JOB_STATUS_PAUSED")]
    [InlineData("JOB_STATUS_DISABLED", "JOB_STATUS_DISABLED")]
    [InlineData("active", "JOB_STATUS_ACTIVE")]
    public async Task Status_IsSet_AndAJobThatIsNotActive_HasNoNextRun(string given, string status)
    {
        var id = await Make("""
            "name":"n","metadata":{"scheduling":{"cron":"@daily"}}
            """);

        var changed = await Ops("update_job", $$$"""
            "job":{"id":"{{{id}}}","status":"{{{given}}}","metadata":{"scheduling":{"cron":"@daily"} } }
            """);

        Assert.Equal(status, changed.Text("job.status"));
        Assert.Equal(status == "JOB_STATUS_ACTIVE", changed.Number("job.next_run_time") > 0);
        Assert.Equal(status, (await Ops("get_job_status", $"\"job_id\":\"{id}\",\"metadata\":{{}}")).Text("status"));
    }

    [Fact]
    public async Task Status_OfAJobThatIsOver_IsThatOfItsLastRun()
    {
        await Api.Register(Support.Workflows.Failing);
        // It has no times between the two.
        const string over = """
            "cron":"@daily","start_time":"2199-01-01T00:00:01Z","end_time":"2199-01-01T00:00:02Z"
            """;
        var good = await Make($$$"""
            "name":"good","metadata":{"scheduling":{{{{over}}}}}
            """);
        var bad = await Make($$$"""
            "name":"bad","payload":"{\"workflow\":\"failing\"}","metadata":{"scheduling":{{{{over}}},"retry_policy":{"max_attempts":1} } }
            """);

        await Ops("run_job", $"\"job_id\":\"{good}\",\"metadata\":{{}}");
        var run = await Ops("run_job", $"\"job_id\":\"{bad}\",\"metadata\":{{}}");

        await Poll.Until(() => Ops("get_job_status", $"\"job_id\":\"{good}\",\"metadata\":{{}}"), answer => answer.Text("status") == "JOB_STATUS_COMPLETED");
        await Poll.Until(() => Ops("get_job_status", $"\"job_id\":\"{bad}\",\"metadata\":{{}}"), answer => answer.Text("status") == "JOB_STATUS_FAILED");
        Assert.Equal(1, (await Ops("list_jobs", "\"status\":\"FAILED\",\"metadata\":{}")).Number("total_count"));
        Assert.Equal(run.Text("run.id"), (await Ops("list_jobs", "\"status\":\"FAILED\",\"metadata\":{}")).Text("jobs.0.last_run_id"));
        Assert.Equal(run.Text("run.id"), (await Ops("get_job", $"\"job_id\":\"{bad}\",\"metadata\":{{}}")).Text("job.last_run_id"));
    }

    [Fact]
    public async Task Status_OfAJobWhoseOnlyRunCouldNotBeMade_IsFailed()
    {
        await Make("""
            "id":"j","name":"n","metadata":{"scheduling":{"cron":"@daily","start_time":"2199-01-01T00:00:01Z","end_time":"2199-01-01T00:00:02Z"}}
            """);
        var store = Service.Engine.Schedules.Store;
        var schedule = (await store.FindSchedule("default", "j"))!;
        Assert.Equal("JOB_STATUS_COMPLETED", (await Ops("get_job_status", "\"job_id\":\"j\",\"metadata\":{}")).Text("status"));

        await store.AdvanceSchedules(null, [ScheduleAdvance.Of(schedule, null, null, new FiringRecord { Failed = 1, Note = "refused" }, null)]);

        Assert.Equal("JOB_STATUS_FAILED", (await Ops("get_job_status", "\"job_id\":\"j\",\"metadata\":{}")).Text("status"));
    }

    [Fact]
    public async Task Update_OfAScheduleMadeElsewhere_KeepsWhatTheContractHasNoWordsFor()
    {
        await Api.Post("/schedules", """{"id":"s","name":"old","description":"d","cron":"@daily","timezone":"Asia/Tokyo","workflow":"quick","input":{"a":1},"overlap":"skip","catch_up":"all","jitter":"5s","labels":{"team":"red"},"priority":7,"archive_after":"36h","metadata":{"name":"mine","x":[1]}}""");
        var shown = await Ops("get_job", "\"job_id\":\"s\",\"metadata\":{}");
        Assert.Equal(("old", "@daily", "Asia/Tokyo", "129600s", "red"), (shown.Text("job.name"), shown.Text("job.schedule"), shown.Text("job.metadata.scheduling.timezone"), shown.Text("job.metadata.service_specific.scheduler.archive_after"), shown.Text("job.labels.team")));

        var changed = await Ops("update_job", """
            "job":{"id":"s","name":"new","owner":"ada","metadata":{"scheduling":{"cron":"@hourly"}}}
            """);

        Assert.Equal(("new", "@hourly", "ada"), (changed.Text("job.name"), changed.Text("job.schedule"), changed.Text("job.owner")));
        var schedule = await Api.Get("/schedules/s");
        Assert.Equal(("new", "d", "@hourly", "Asia/Tokyo", "quick"), (schedule.Text("name"), schedule.Text("description"), schedule.Text("cron"), schedule.Text("timezone"), schedule.Text("workflow")));
        Assert.Equal(("skip", "all", "5s", 7L, "1d12h"), (schedule.Text("overlap"), schedule.Text("catch_up"), schedule.Text("jitter"), schedule.Number("priority"), schedule.Text("archive_after")));
        Assert.Equal(("""{"a":1}""", """{"name":"mine","x":[1]}"""), (schedule.At("input").GetRawText(), schedule.At("metadata").GetRawText()));
        // Its input is not wrapped, either.
        var run = await Ops("trigger_job_from_orchestration", "\"id\":\"s\",\"input\":{\"a\":2},\"metadata\":{}");
        Assert.Equal(2, (await Api.Get($"/jobs/{run.Text("run.id")}")).Number("input.a"));
    }

    [Fact]
    public async Task Update_KeepsWhatTheMetadataDoNotName_AndTakesAwayWhatIsNull()
    {
        await Make("""
            "id":"data","name":"n","metadata":{}
            """);
        await Make("""
            "id":"j","name":"n","metadata":{"x":1,"scheduling":{"cron":"@daily","timezone":"Asia/Tokyo","dependencies":["data"],"window":{"end":"2199-03-01T00:00:00Z"}}}
            """);

        var renamed = await Ops("update_job", """
            "job":{"id":"j","name":"m","metadata":{}}
            """);
        Assert.Equal(("m", "@daily", "data", 1L), (renamed.Text("job.name"), renamed.Text("job.schedule"), renamed.Text("job.metadata.scheduling.dependencies.0"), renamed.Number("job.metadata.x")));
        // What is said in the other place takes the place of what was said before.
        var changed = await Ops("update_job", """
            "job":{"id":"j","schedule":"@hourly","metadata":{"x":null,"scheduling":{"dependencies":[]}}}
            """);

        Assert.Equal(("@hourly", "Asia/Tokyo", "2199-03-01T00:00:00Z"), (changed.Text("job.schedule"), changed.Text("job.metadata.scheduling.timezone"), changed.Text("job.metadata.scheduling.window.end")));
        Assert.False(changed.At("job.metadata").TryGetProperty("x", out _));
        Assert.False((await Api.Get("/schedules/j")).Has("depends_on"));
    }

    [Fact]
    public async Task Delete_TakesTheJobAway_AndItsRunsStay()
    {
        var id = await Make("""
            "name":"n","metadata":{}
            """);
        var run = (await Ops("run_job", $"\"job_id\":\"{id}\",\"metadata\":{{}}")).Text("run.id");

        var gone = await Ops("delete_job", $"\"job_id\":\"{id}\",\"metadata\":{{}}");

        Assert.Equal((id, true), (gone.Text("job_id"), gone.At("success").GetBoolean()));
        AssertError(await Ops("get_job", $"\"job_id\":\"{id}\",\"metadata\":{{}}"), 404, "job not found");
        AssertError(await Ops("delete_job", $"\"job_id\":\"{id}\",\"metadata\":{{}}"), 404, "job not found");
        Assert.Equal(HttpStatusCode.OK, (await Api.Get($"/jobs/{run}")).Status);
    }

    [Fact]
    public async Task List_HasPages_ATotal_AndAStatusFilter()
    {
        for (var i = 0; i < 5; i++)
        {
            await Make($$"""
                "id":"j{{i}}","name":"n{{i}}","status":"{{(i < 2 ? "PAUSED" : "ACTIVE")}}","metadata":{}
                """);
        }

        var page = await Ops("list_jobs", "\"page\":2,\"page_size\":2,\"metadata\":{}");
        Assert.Equal((5L, 2L, 3L), (page.Number("total_count"), page.Number("page"), page.Number("total_pages")));
        Assert.Equal(["j2", "j3"], page.At("jobs").EnumerateArray().Select(job => job.GetProperty("id").GetString()));
        Assert.Equal(2, (await Ops("list_jobs", "\"status\":\"PAUSED\",\"metadata\":{}")).Number("total_count"));
        Assert.Equal(3, (await Ops("list_jobs", "\"status\":\"JOB_STATUS_ACTIVE\",\"metadata\":{}")).Number("total_count"));
        AssertError(await Ops("list_jobs", "\"status\":\"SLEEPING\",\"metadata\":{}"), 400, "unknown status 'SLEEPING'");
        AssertError(await Ops("list_jobs", "\"page\":0,\"metadata\":{}"), 400, "page is 0");
        AssertError(await Ops("list_jobs", "\"page_size\":101,\"metadata\":{}"), 400, "page_size is 101");
    }

    [Fact]
    public async Task Campaigns_AreApart_AndZeroIsAll()
    {
        await Make("""
            "id":"one","name":"n","campaign_id":1,"metadata":{}
            """);
        await Make("""
            "id":"two","name":"n","campaign_id":2,"metadata":{}
            """);

        Assert.Equal(2, (await Ops("list_jobs", "\"campaign_id\":0,\"metadata\":{}")).Number("total_count"));
        Assert.Equal(1, (await Ops("list_jobs", "\"campaign_id\":1,\"metadata\":{}")).Number("total_count"));
        Assert.Equal("one", (await Ops("get_job", "\"job_id\":\"one\",\"campaign_id\":1,\"metadata\":{}")).Text("job.id"));
        foreach (var action in new[] { "get_job", "delete_job", "run_job", "list_job_runs", "get_job_status", "trigger_job_from_orchestration" })
            AssertError(await Ops(action, "\"job_id\":\"one\",\"campaign_id\":2,\"metadata\":{}"), 404, "job not found: one");
        AssertError(await Ops("update_job", """
            "job":{"id":"one","name":"stolen","campaign_id":2,"metadata":{}}
            """), 404, "job not found: one");
        await Ops("update_job", """
            "campaign_id":0,"job":{"id":"one","name":"renamed","metadata":{}}
            """);
        Assert.Equal("renamed", (await Ops("get_job", "\"job_id\":\"one\",\"campaign_id\":1,\"metadata\":{}")).Text("job.name"));
        Assert.Equal("""["one"]""", (await Ops("get_job_graph", "\"campaign_id\":1,\"metadata\":{}")).At("nodes").GetRawText());
    }
}
