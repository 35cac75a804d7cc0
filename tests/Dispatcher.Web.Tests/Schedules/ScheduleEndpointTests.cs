using System.Net;
using Dispatcher.Web.Tests.Callbacks;
using Dispatcher.Web.Tests.Support;

namespace Dispatcher.Web.Tests.Schedules;

/// <summary>Schedules over REST.</summary>
public sealed class ScheduleEndpointTests : ServiceTest
{
    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        await Api.Register(Support.Workflows.Quick);
        await Api.Register(Support.Workflows.Picky);
    }

    [Fact]
    public async Task ASchedule_IsMade_Shown_Listed_Changed_AndDeleted()
    {
        var made = await Api.Post("/schedules", """{"id":"weekly","name":"Weekly report","cron":"0 9 * * 1","timezone":"America/New_York","workflow":"quick","overlap":"skip","catch_up":"skip","jitter":"30s","labels":{"team":"red"},"metadata":{"a":1}}""");
        Assert.Equal((HttpStatusCode.Created, "/api/v1/schedules/weekly", "active", 1L), (made.Status, made.Headers.Location?.ToString(), made.Text("status"), made.Number("version")));
        var next = DateTimeOffset.Parse(made.Text("next_due"), System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal((DayOfWeek.Monday, 9), (TimeZoneInfo.ConvertTime(next, TimeZoneInfo.FindSystemTimeZoneById("America/New_York")).DayOfWeek, TimeZoneInfo.ConvertTime(next, TimeZoneInfo.FindSystemTimeZoneById("America/New_York")).Hour));

        Assert.Equal("skip", (await Api.Get("/schedules/weekly")).Text("overlap"));
        await Api.Post("/schedules", """{"workflow":"quick"}""");
        var page = await Api.Get("/schedules?limit=1");
        var rest = await Api.Get($"/schedules?limit=1&cursor={page.Text("next")}");
        Assert.Equal(["weekly"], rest.At("schedules").EnumerateArray().Select(schedule => schedule.GetProperty("id").GetString()));

        var stale = await Api.Send(HttpMethod.Put, "/schedules/weekly", Json("""{"workflow":"quick"}"""), ("If-Match", "\"7\""));
        Assert.Equal((HttpStatusCode.Conflict, "schedule-conflict"), (stale.Status, stale.Text("code")));
        var changed = await Api.Send(HttpMethod.Put, "/schedules/weekly", Json("""{"cron":"@daily","workflow":"quick"}"""), ("If-Match", "\"1\""));
        Assert.Equal((HttpStatusCode.OK, "\"2\"", "@daily", "weekly"), (changed.Status, changed.Headers.ETag?.Tag, changed.Text("cron"), changed.Text("name")));
        Assert.Equal(HttpStatusCode.Created, (await Api.Put("/schedules/other", """{"workflow":"quick"}""")).Status);
        Assert.Equal("schedule-conflict", (await Api.Post("/schedules", """{"id":"other","workflow":"quick"}""")).Text("code"));

        Assert.Equal(HttpStatusCode.NoContent, (await Api.Send(HttpMethod.Delete, "/schedules/weekly")).Status);
        Assert.Equal((HttpStatusCode.NotFound, "unknown-schedule"), await Refused(Api.Get("/schedules/weekly")));
        Assert.Equal((HttpStatusCode.NotFound, "unknown-schedule"), await Refused(Api.Send(HttpMethod.Delete, "/schedules/weekly")));
    }

    [Theory]
    [InlineData("""{"cron":"61 * * * *","workflow":"quick"}""", 400, "invalid-schedule", "cron", "minute, column 1: 61 is above 59")]
    [InlineData("""{"cron":"0 9 * * 7","workflow":"quick"}""", 400, "invalid-schedule", "cron", "Sunday is 0")]
    [InlineData("""{"cron":"0 0 30 2 *","workflow":"quick"}""", 400, "invalid-schedule", "cron", "never fires")]
    [InlineData("""{"timezone":"Mars/Olympus","workflow":"quick"}""", 400, "invalid-schedule", "timezone", "is no IANA time zone")]
    [InlineData("""{"cron":"@daily","at":"2200-01-01T00:00:00Z","workflow":"quick"}""", 400, "invalid-schedule", "at", "not both")]
    [InlineData("""{"at":"2020-01-01T00:00:00Z","workflow":"quick"}""", 400, "invalid-schedule", "at", "in the past")]
    [InlineData("""{"cron":"@daily"}""", 400, "invalid-schedule", "workflow", "give one of")]
    [InlineData("""{"jitter":"soon","workflow":"quick"}""", 400, "invalid-request", "jitter", "is no duration")]
    [InlineData("""{"id":"a/../b","workflow":"quick"}""", 400, "invalid-schedule", "id", "must have 1 to 128")]
    [InlineData("""{"id":"graph","workflow":"quick"}""", 400, "invalid-request", "id", "is the name of a path")]
    [InlineData("""{"params":{},"workflow":"quick"}""", 400, "invalid-request", "params", "goes with a pattern")]
    [InlineData("""{"workflow":"quick","input":{"x":"${schedule.da"}}""", 400, "invalid-schedule", "input.x", "not closed")]
    [InlineData("""{"cron":"@daily","workflow":"picky","input":{"video":7}}""", 400, "invalid-schedule", "input.video", "must be")]
    [InlineData("""{"cron":"@daily","workflow":"picky"}""", 400, "invalid-schedule", "input", "'video' is required")]
    [InlineData("""{"definition":{"name":"x","version":1,"input":{"type":"object","properties":{"n":{"type":"integer"}}},"steps":[{"id":"a","uses":"noop"}]},"input":{"n":"${schedule.id}"}}""", 400, "invalid-schedule", "input.n", "")]
    [InlineData("""{"workflow":"quick","delete_after":"PT99999999999999999999H"}""", 400, "invalid-request", "delete_after", "is no duration")]
    public async Task Nonsense_IsRefused_WithItsPlace(string body, int status, string code, string path, string message)
    {
        var answer = await Api.Post("/schedules", body);

        Assert.Equal((status, code), ((int)answer.Status, answer.Text("code")));
        Assert.Contains(answer.At("faults").EnumerateArray(), fault =>
            fault.GetProperty("path").GetString() == path && fault.GetProperty("message").GetString()!.Contains(message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{"workflow":"quik"}""", HttpStatusCode.NotFound, "unknown-workflow", "did you mean 'quick'")]
    [InlineData("""{"pattern":"nobody"}""", HttpStatusCode.NotFound, "unknown-pattern", "There is no pattern nobody")]
    [InlineData("""{"workflow":"quick","depends_on":["nobody"]}""", HttpStatusCode.UnprocessableEntity, "unknown-dependency", "nobody")]
    [InlineData("""{"definition":{"name":"x","version":1,"steps":[]}}""", HttpStatusCode.UnprocessableEntity, "invalid-definition", "steps")]
    [InlineData("""{"workflow":"quick","crom":"@daily"}""", HttpStatusCode.BadRequest, "invalid-body", "crom")]
    public async Task WhatIsNotThere_IsRefused(string body, HttpStatusCode status, string code, string message)
    {
        var answer = await Api.Post("/schedules", body);

        Assert.Equal((status, code), (answer.Status, answer.Text("code")));
        Assert.Contains(message, answer.Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ARing_IsRefused_WithItsPath_AndTheGraphShowsWhoWaits()
    {
        await Api.Post("/schedules", """{"id":"a","workflow":"quick"}""");
        await Api.Post("/schedules", """{"id":"b","workflow":"quick","depends_on":["a"]}""");
        await Api.Post("/schedules", """{"id":"c","workflow":"quick","depends_on":["b"]}""");

        var ring = await Api.Put("/schedules/a", """{"workflow":"quick","depends_on":["c"]}""");

        Assert.Equal((HttpStatusCode.UnprocessableEntity, "schedule-cycle"), (ring.Status, ring.Text("code")));
        Assert.Contains("a depends on c depends on b depends on a", ring.Text("detail"), StringComparison.Ordinal);
        await Api.Send(HttpMethod.Delete, "/schedules/b");
        var graph = await Api.Get("/schedules/graph");
        Assert.Equal("""[["b","c"]]""", graph.At("edges").GetRawText());
        Assert.Equal("""["b"]""", graph.At("nodes.1.missing_dependencies").GetRawText());
    }

    [Fact]
    public async Task ASchedule_Fires_AndItsRunsAreJobs()
    {
        await Api.Post("/schedules", """{"id":"often","cron":"* * * * * *","workflow":"quick"}""");

        var runs = await Poll.Until(() => Api.Get("/schedules/often/runs"), answer => answer.At("runs").GetArrayLength() >= 2);
        var run = runs.At("runs").EnumerateArray().Last();
        await Until(run.GetProperty("id").GetString()!, "completed");

        Assert.Equal("time", run.GetProperty("cause").GetString());
        // A firing is noted after its run was made.
        await Poll.Until(() => Api.Get("/schedules/often"), schedule => schedule.Number("firings.fired") >= 2);
        var paused = await Api.Post("/schedules/often/pause", """{"reason":"enough"}""");
        Assert.Equal(("paused", "enough", "local"), (paused.Text("status"), paused.Text("pause.reason"), paused.Text("pause.by")));
        Assert.False(paused.Has("next_due"));
        // Whoever describes it anew does not end the pause.
        Assert.Equal("paused", (await Api.Put("/schedules/often", """{"cron":"* * * * * *","workflow":"quick"}""")).Text("status"));
        Assert.Equal("active", (await Api.Post("/schedules/often/resume")).Text("status"));
    }

    [Fact]
    public async Task TimesAtBothEnds_AreTaken()
    {
        Assert.Equal(HttpStatusCode.Created, (await Api.Post("/schedules", """{"id":"last","at":"9999-12-31T23:59:59.9Z","jitter":"1d","workflow":"quick"}""")).Status);
        Assert.Equal(HttpStatusCode.Created, (await Api.Post("/schedules", """{"id":"west","cron":"@daily","timezone":"America/New_York","start_at":"0001-01-01T00:00:00Z","workflow":"quick"}""")).Status);

        Assert.Equal(1, (await Api.Get("/schedules/west/next?count=1&after=0001-01-01T00:00:00Z")).At("times").GetArrayLength());
        Assert.Equal((HttpStatusCode.BadRequest, "invalid-range"), await Refused(Api.Post("/schedules/west/backfill", """{"from":"0001-01-01T00:00:00Z","to":"2026-01-01T00:00:00Z"}""")));
        Assert.Equal(0, (await Api.Get("/schedules/west/next?count=1&after=9999-12-31T23:59:59Z")).At("times").GetArrayLength());
    }

    [Fact]
    public async Task ARun_IsMadeByHand_OncePerKey()
    {
        await Api.Post("/schedules", """{"id":"manual","workflow":"picky","input":{"video":"a.mp4"}}""");

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Api.Post("/schedules/manual/run", """{"idempotency_key":"k"}""")));

        Assert.Single(answers, answer => answer.Status == HttpStatusCode.Created);
        Assert.Single(answers.Select(answer => answer.Text("id")).Distinct(StringComparer.Ordinal));
        Assert.Equal(HttpStatusCode.Created, (await Api.Post("/schedules/manual/run")).Status);
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "invalid-input"), await Refused(Api.Post("/schedules/manual/run", """{"input":{"x":1}}""")));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid-request"), await Refused(Api.Post("/schedules/manual/run", """{"input":7}""")));
        Assert.Equal((HttpStatusCode.NotFound, "unknown-schedule"), await Refused(Api.Post("/schedules/nobody/run")));
    }

    [Fact]
    public async Task NextTimes_AndBackfills_FollowTheExpression()
    {
        await Api.Post("/schedules", """{"id":"hourly","cron":"30 * * * *","workflow":"quick"}""");

        var next = await Api.Get("/schedules/hourly/next?count=3&after=2026-03-01T10:00:00Z");
        Assert.Equal(
            ["2026-03-01T10:30:00+00:00", "2026-03-01T11:30:00+00:00", "2026-03-01T12:30:00+00:00"],
            next.At("times").EnumerateArray().Select(time => time.GetProperty("due").GetString()));
        var filled = await Api.Post("/schedules/hourly/backfill", """{"from":"2026-03-01T10:00:00Z","to":"2026-03-01T12:30:00Z"}""");
        Assert.Equal(3, filled.Number("made"));
        Assert.Equal(0, (await Api.Post("/schedules/hourly/backfill", """{"from":"2026-03-01T10:00:00Z","to":"2026-03-01T12:30:00Z"}""")).Number("made"));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid-range"), await Refused(Api.Post("/schedules/hourly/backfill", """{"from":"2026-03-01T10:00:00Z","to":"2200-03-01T12:30:00Z"}""")));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid-range"), await Refused(Api.Post("/schedules/hourly/backfill", """{"from":"2026-03-01T10:00:00Z","to":"2026-02-01T12:30:00Z"}""")));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid-request"), await Refused(Api.Get("/schedules/hourly/next?count=0")));
        // At half past the hour there is one more.
        await Poll.Until(() => Api.Get("/schedules/hourly/runs?status=completed"), answer => answer.At("runs").GetArrayLength() >= 3);
    }

    [Fact]
    public async Task ADefinitionOfItsOwn_IsRun()
    {
        await Api.Post("/schedules", """{"id":"own","definition":{"name":"own","version":1,"steps":[{"id":"a","uses":"noop","with":{"day":"${input.day}"}}],"output":{"day":"${steps.a.output.day}"}},"input":{"day":"${schedule.date}"}}""");

        var run = await Api.Post("/schedules/own/run");
        var job = await Until(run.Text("id"), "completed");

        Assert.Matches("^[0-9]{4}-[0-9]{2}-[0-9]{2}$", job.Text("output.day"));
    }

    private static StringContent Json(string json) => new(json, System.Text.Encoding.UTF8, "application/json");

    private static async Task<(HttpStatusCode, string)> Refused(Task<Answer> asked)
    {
        var answer = await asked;
        return (answer.Status, answer.Text("code"));
    }
}
