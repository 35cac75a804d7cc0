using Dispatcher.Workflows.Scheduling;

namespace Dispatcher.Web.Tests.Contracts.SchedulerService;

/// <summary>What stands in a job's metadata, and what it becomes.</summary>
public sealed class SchedulerMetadataTests : SchedulerServiceTest
{
    [Fact]
    public async Task Windows_BoundTheRuns()
    {
        var job = await Schedule("""{"cron":"@daily","start_time":"2199-01-01T00:00:00Z","end_time":"2199-03-01T00:00:00Z"}""");
        Assert.Equal((2199, 2199), (job.StartAt?.Year, job.EndAt?.Year));
        job = await Schedule("""{"cron":"@daily","window":{"start":"2199-01-01T00:00:00+01:00","end":"2199-03-01T00:00:00Z"}}""");
        Assert.Equal((2198, 3), (job.StartAt?.UtcDateTime.Year, job.EndAt?.Month));
    }

    [Fact]
    public async Task UnknownZone_IsUtc_WithAWarning()
    {
        var made = await Ops("create_job", """
            "job":{"name":"n","metadata":{"scheduling":{"cron":"@daily","timezone":"Mars/Olympus"}}}
            """);

        Assert.Contains("'Mars/Olympus' is no IANA time zone", made.Text("warnings.0"), StringComparison.Ordinal);
        Assert.Equal(0, made.Number("job.next_run_time") % 86_400);
        Assert.Equal("UTC", (await Schedule("""{"cron":"@daily"}""")).TimeZone);
    }

    [Fact]
    public async Task Cron_HasFiveFields_OrSixWithTheSecondFirst()
    {
        Assert.Equal("0 9 * * 1", (await Schedule("""{"cron":"0 9 * * 1"}""")).Cron);
        Assert.Equal("30 0 9 * * 1", (await Schedule("""{"cron":"30 0 9 * * 1"}""")).Cron);
    }

    [Theory]
    [InlineData("""{"retry_policy":{"max_attempts":5,"backoff":"exponential"}}""", "", 5, "exponential", "500ms", "15m")]
    [InlineData("""{"retry_policy":{"backoff":"constant"}}""", "", 3, "constant", "5s", null)]
    [InlineData("{}", "", 3, "exponential", "500ms", "15m")]
    [InlineData("{}", ""","retry_policy":{"max_attempts":2,"backoff_seconds":7,"exponential":false}""", 2, "constant", "7s", null)]
    [InlineData("{}", ""","retry_policy":{"max_attempts":2,"backoff_seconds":7,"exponential":true}""", 2, "exponential", "7s", "15m")]
    [InlineData("{}", ""","retry_policy":{"max_attempts":2,"backoff_seconds":60,"exponential":true}""", 2, "exponential", "1m", "15m")]
    [InlineData("{}", ""","retry_policy":{"max_attempts":2,"backoff_seconds":61,"exponential":true}""", 2, "exponential", "1m1s", null)]
    [InlineData("""{"retry_policy":{"max_attempts":4,"backoff":"constant"}}""", ""","retry_policy":{"max_attempts":9,"backoff_seconds":1,"exponential":true}""", 4, "constant", "5s", null)]
    public async Task RetryPolicies_OfBothShapes_BecomeTheStepsPolicy_AndMetadataWins(string scheduling, string more, int attempts, string backoff, string initial, string? longest)
    {
        var id = await Make($$$"""
            "name":"n","metadata":{"scheduling":{{{scheduling}}}}{{{more}}}
            """);

        var schedule = (await Service.Engine.Schedules.Store.FindSchedule("default", id))!;
        var workflow = (await Service.Engine.Node.Workflows.Find(schedule.Definition.Target.Pinned!.Hash))!;
        var retry = System.Text.Json.JsonElement.Parse(workflow.CanonicalJson).GetProperty("steps")[0];
        var policy = retry.GetProperty("retry");
        Assert.Equal((attempts, initial), (Or(policy, "max_attempts", 4), policy.GetProperty("initial").GetString()));
        Assert.Equal(backoff, policy.TryGetProperty("backoff", out var word) ? word.GetString() : "exponential");
        Assert.Equal(longest, policy.TryGetProperty("max_elapsed", out var elapsed) ? elapsed.GetString() : null);
        if (backoff == "exponential") Assert.Equal((1.5, 0.5), (policy.GetProperty("factor").GetDouble(), policy.GetProperty("jitter").GetDouble()));

        static int Or(System.Text.Json.JsonElement from, string name, int other) => from.TryGetProperty(name, out var value) ? value.GetInt32() : other;
    }

    [Fact]
    public async Task ArchiveAndDelete_AreGoDurations()
    {
        var id = await Make("""
            "name":"n","metadata":{"service_specific":{"scheduler":{"archive_after":"720h","delete_after":"1h30m","job_priority":"high","trigger_event":"e","escalation":{"to":"x"},"notification":["mail"]}}}
            """);

        var definition = (await Service.Engine.Schedules.Store.FindSchedule("default", id))!.Definition;
        Assert.Equal((TimeSpan.FromDays(30), TimeSpan.FromMinutes(90), 50), (definition.ArchiveAfter, definition.DeleteAfter, definition.Priority));
        Assert.Equal("mail", (await Ops("get_job", $"\"job_id\":\"{id}\",\"metadata\":{{}}")).Text("job.metadata.service_specific.scheduler.notification.0"));
    }

    [Fact]
    public async Task CdcTriggers_AreKept_AndDoNotFireByThemselves()
    {
        var made = await Ops("create_job", """
            "job":{"name":"n","schedule":"@daily","metadata":{},"trigger_type":"CDC","cdc_trigger":{"table":"orders","event_type":"insert","filter":"total > 5"}}
            """);

        Assert.Equal(("TRIGGER_TYPE_CDC", "orders", 0L), (made.Text("job.trigger_type"), made.Text("job.cdc_trigger.table"), made.Number("job.next_run_time")));
    }

    [Theory]
    [InlineData("""{"cron":"61 * * * *"}""", "minute, column 1: 61 is above 59")]
    [InlineData("""{"cron":"0 9 * * 7"}""", "day of week, column 9: 7 is above 6 (Sunday is 0)")]
    [InlineData("""{"cron":"0 0 30 2 *"}""", "never fires")]
    [InlineData("""{"cron":"every day"}""", "there are 2 fields")]
    [InlineData("""{"cron":5}""", "scheduling.cron must be a text")]
    [InlineData("""{"cron":"@daily","start_time":"yesterday"}""", "scheduling.start_time: expected a time as in RFC 3339")]
    [InlineData("""{"cron":"@daily","window":{"start":"2199-01-01T00:00:00Z","end":"2198-01-01T00:00:00Z"}}""", "end_at: must be after start_at")]
    [InlineData("""{"dependencies":"a"}""", "scheduling.dependencies must be a list of texts")]
    [InlineData("""{"dependencies":[7]}""", "scheduling.dependencies must be a list of texts")]
    [InlineData("""{"dependencies":["nobody"]}""", "depends_on names nobody, and there is no such schedule")]
    [InlineData("""{"retry_policy":{"max_attempts":0}}""", "max_attempts is 0")]
    [InlineData("""{"retry_policy":{"backoff":"fibonacci"}}""", "unknown scheduling.retry_policy.backoff 'fibonacci'")]
    [InlineData("""{"retry_policy":{"backoff_seconds":-1}}""", "backoff_seconds is -1")]
    [InlineData("""{"run_at":"2020-01-01T00:00:00Z"}""", "at: lies in the past")]
    public async Task WrongScheduling_IsRefused_WithItsPlace(string scheduling, string text) => AssertError(
        await Ops("create_job", $$$"""
            "job":{"name":"n","metadata":{"scheduling":{{{scheduling}}}}}
            """),
        400,
        text);

    [Theory]
    [InlineData(""" "name":"","metadata":{} """, "name is required")]
    [InlineData(""" "metadata":{} """, "name is required")]
    [InlineData(""" "name":"n","metadata":{},"status":"COMPLETED" """, "status COMPLETED follows from the runs")]
    [InlineData(""" "name":"n","metadata":{},"status":"NAPPING" """, "unknown status 'NAPPING'")]
    [InlineData(""" "name":"n","metadata":{},"job_type":"DANCE" """, "unknown job_type 'DANCE'")]
    [InlineData(""" "name":"n","metadata":{},"trigger_type":"MOON" """, "unknown trigger_type 'MOON'")]
    [InlineData(""" "name":"n","metadata":{},"trigger_type":"CDC" """, "cdc_trigger is required")]
    [InlineData(""" "name":"n","metadata":{},"cdc_trigger":{"table":"t","event_type":"truncate"} """, "cdc_trigger.event_type must be insert, update or delete")]
    [InlineData(""" "name":"n","metadata":{},"campaign_id":-1 """, "campaign_id must not be negative")]
    [InlineData(""" "name":"n","metadata":{},"id":"../../etc/passwd" """, "id: must have 1 to 128")]
    [InlineData(""" "name":"n","metadata":{},"payload":{"a":1} """, "job.payload must be a text")]
    [InlineData(""" "name":"n","metadata":{},"owner":5 """, "job.owner must be a text")]
    [InlineData(""" "name":"n","metadata":{},"master_uuid":5 """, "job.master_uuid must be a text")]
    [InlineData(""" "name":"n","metadata":{},"labels":{"schedule":"x"} """, "is a label that the schedule gives itself")]
    [InlineData(""" "name":"n","metadata":{"service_specific":{"scheduler":{"archive_after":"soon"}}} """, "archive_after is 'soon'")]
    [InlineData(""" "name":"n","metadata":{"service_specific":{"scheduler":{"archive_after":"2540400h"}}} """, "archive_after: must be from 0 to 36525d")]
    [InlineData(""" "name":"n","metadata":{"service_specific":{"scheduler":{"delete_after":"999999999999999999h999999999999999999h999999999999999999h"}}} """, "which is no duration")]
    [InlineData(""" "name":"n","metadata":{"service_specific":{"scheduler":{"job_priority":"urgent"}}} """, "job_priority must be low")]
    [InlineData(""" "name":"n","metadata":{"service_specific":{"scheduler":{"pattern_id":"nobody"}}} """, "pattern not found: nobody")]
    [InlineData(""" "name":"n","metadata":{},"payload":"{\"workflow\":\"nobody\"}" """, "workflow not found: nobody")]
    public async Task WrongJobs_AreRefused(string job, string text) => AssertError(
        await Ops("create_job", $$"""
            "job":{{{job}}}
            """),
        400,
        text);

    [Theory]
    [InlineData("", 400, "the body is not JSON")]
    [InlineData("{", 400, "the body is not JSON")]
    [InlineData("[]", 400, "the body must be a JSON object")]
    [InlineData("null", 400, "the body must be a JSON object")]
    [InlineData("{}", 400, "action is required")]
    [InlineData("""{"action":"explode","metadata":{}}""", 400, "unknown action 'explode'")]
    [InlineData("""{"action":7,"metadata":{}}""", 400, "action must be a text")]
    [InlineData("""{"action":"list_jobs"}""", 400, "metadata is required")]
    [InlineData("""{"action":"list_jobs","metadata":[]}""", 400, "metadata must be an object")]
    [InlineData("""{"action":"get_job","metadata":{}}""", 400, "job_id is required")]
    [InlineData("""{"action":"get_job","job_id":"a","job_id":"b","metadata":{}}""", 400, "the body is not JSON")]
    [InlineData("""{"action":"create_job","job":"x","metadata":{}}""", 400, "job must be an object")]
    [InlineData("""{"action":"list_jobs","campaign_id":"x","metadata":{}}""", 400, "campaign_id must be a whole number")]
    [InlineData("""{"action":"create_job","job":{"name":"\ud800","metadata":{}}}""", 400, "half of a surrogate pair")]
    [InlineData("""{"action":"create_job","\ud800":1,"metadata":{}}""", 400, "the body is not JSON")]
    public async Task MalformedBodies_AreRefused(string body, int status, string text) => AssertError(await Plain.Post("/api/scheduler_ops", body), status, text);

    [Fact]
    public async Task ABodyThatIsTooLarge_OrTooDeep_IsRefused()
    {
        AssertError(await Plain.Post("/api/scheduler_ops", $$"""{"action":"list_jobs","metadata":{{string.Concat(Enumerable.Repeat("{\"a\":", 100))}}1{{new string('}', 100)}}}"""), 400, "the body is not JSON");
        var large = await Plain.Post("/api/scheduler_ops", $$"""{"action":"list_jobs","metadata":{"a":"{{new string('x', 2 * 1024 * 1024)}}"} }""");
        Assert.Equal(413, (int)large.Status);
    }

    private async Task<ScheduleDefinition> Schedule(string scheduling)
    {
        var id = await Make($$$"""
            "name":"n","metadata":{"scheduling":{{{scheduling}}}}
            """);
        return (await Service.Engine.Schedules.Store.FindSchedule("default", id))!.Definition;
    }
}
