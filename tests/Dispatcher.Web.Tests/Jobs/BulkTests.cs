using System.Net;
using System.Text.Json;
using Dispatcher.Web.Tests.Support;

namespace Dispatcher.Web.Tests.Jobs;

/// <summary>POST /jobs:bulk.</summary>
public sealed class BulkTests : ServiceTest
{
    [Fact]
    public async Task Bulk_PausesWhatTheFilterFinds_AndTellsWhatCameOfEach()
    {
        await Api.Register(Support.Workflows.Slow);
        await Api.Register(Support.Workflows.Guarded);
        var red = await Api.Create("""{"workflow":"slow","labels":{"team":"red"}}""");
        var paused = await Api.Create("""{"workflow":"slow","labels":{"team":"red"}}""");
        var cancelled = await Api.Create("""{"workflow":"slow","labels":{"team":"red"}}""");
        var blue = await Api.Create("""{"workflow":"slow","labels":{"team":"blue"}}""");
        foreach (var id in new[] { red, paused, cancelled, blue }) await Until(id, "running");
        await Api.Post($"/jobs/{paused}/pause");
        await Api.Post($"/jobs/{cancelled}/cancel");

        var answer = await Api.Post("/jobs:bulk", """{"filter":{"label":"team=red"},"command":"pause","reason":"lunch"}""");

        Assert.Equal(HttpStatusCode.Accepted, answer.Status);
        var bulk = answer.Text("id");
        Assert.Equal($"/api/v1/jobs/{bulk}", answer.Headers.Location!.ToString());
        var ended = await Until(bulk, "completed");
        Assert.Equal((3, 1, 1, 1, 0), Totals(ended));
        var outcomes = await Outcomes(bulk);
        Assert.Equal([cancelled, paused, red], outcomes.Select(outcome => outcome.GetProperty("job").GetString()));
        Assert.Equal(["refused", "unchanged", "applied"], outcomes.Select(outcome => outcome.GetProperty("outcome").GetString()));
        Assert.Equal("invalid-status", outcomes[0].GetProperty("code").GetString());
        Assert.Equal("paused", (await Api.Get($"/jobs/{red}")).Text("status"));
        Assert.Equal("running", (await Api.Get($"/jobs/{blue}")).Text("status"));
        var events = await Api.Get($"/jobs/{red}/events");
        var order = events.At("events").EnumerateArray().Single(e => e.GetProperty("type").GetString() == "job.paused").GetProperty("data");
        Assert.Equal("lunch", order.GetProperty("reason").GetString());
        Assert.Equal($"bulk {bulk}", order.GetProperty("by").GetProperty("origin").GetString());
    }

    [Fact]
    public async Task DryRun_TellsWhichJobsItWouldBe_AndDoesNothing()
    {
        await Api.Register(Support.Workflows.Guarded);
        var first = await Api.Create("""{"workflow":"guarded"}""");
        var second = await Api.Create("""{"workflow":"guarded"}""");
        await Until(second, "pending");

        var answer = await Api.Post("/jobs:bulk", """{"filter":{"workflow":"guarded","status":"pending"},"command":"approve","dry_run":true}""");

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal((2, false), (answer.Number("matched"), answer.At("more").GetBoolean()));
        Assert.Equal([second, first], answer.At("targets").EnumerateArray().Select(target => target.GetProperty("id").GetString()));
        Assert.Equal("pending", (await Api.Get($"/jobs/{first}")).Text("status"));
    }

    [Theory]
    [InlineData("approve", null, "running")]
    [InlineData("reject", null, "cancelled")]
    [InlineData("cancel", null, "cancelled")]
    [InlineData("priority", """{"priority":7}""", "pending")]
    public async Task EachCommand_IsGiven(string command, string? args, string status)
    {
        await Api.Register(Support.Workflows.Guarded);
        var id = await Api.Create("""{"workflow":"guarded"}""");

        var bulk = await Api.Post("/jobs:bulk", $$"""{"filter":{"workflow":"guarded"},"command":"{{command}}"{{(args is null ? "" : $",\"args\":{args}")}}}""");

        Assert.Equal((1, 1, 0, 0, 0), Totals(await Until(bulk.Text("id"), "completed")));
        var job = await Until(id, status);
        if (command == "priority") Assert.Equal(7, job.Number("priority"));
    }

    [Theory]
    [InlineData("recover", """{"from_step":"second"}""")]
    [InlineData("retry", """{"step":"second"}""")]
    public async Task FailedJobs_GoOn(string command, string args)
    {
        await Api.Register(Support.Workflows.Failing);
        var id = await Api.Create("""{"workflow":"failing"}""");
        await Until(id, "failed");

        var bulk = await Api.Post("/jobs:bulk", $$"""{"filter":{"status":"failed"},"command":"{{command}}","args":{{args}}}""");

        Assert.Equal((1, 1, 0, 0, 0), Totals(await Until(bulk.Text("id"), "completed")));
        await UntilThat(id, job => job.Text("status") == "failed" && job.Number("version") > 8);
    }

    [Fact]
    public async Task ThousandsOfJobs_AreCommandedInPages_AndLaterOnesLeftAlone()
    {
        const int Jobs = 1700;
        await Api.Register(Support.Workflows.Guarded);
        for (var made = 0; made < Jobs; made += 850)
            await Api.Post("/jobs:batch", $$"""{"jobs":[{{string.Join(',', Enumerable.Repeat("""{"workflow":"guarded"}""", 850))}}]}""");

        var bulk = (await Api.Post("/jobs:bulk", """{"filter":{"workflow":"guarded"},"command":"reject"}""")).Text("id");
        var later = await Api.Create("""{"workflow":"guarded"}""");

        Assert.Equal((Jobs, Jobs, 0, 0, 0), Totals(await Until(bulk, "completed")));
        Assert.Equal(Jobs, (await Outcomes(bulk)).Select(outcome => outcome.GetProperty("job").GetString()).Distinct().Count());
        Assert.Equal("pending", (await Api.Get($"/jobs/{later}")).Text("status"));
        Assert.Equal("outcomes.jsonl", Assert.Single((await Api.Get($"/jobs/{bulk}/artifacts")).At("artifacts").EnumerateArray()).GetProperty("path").GetString());
    }

    [Fact]
    public async Task Bulk_LeavesOtherBulkCommandsAlone_UnlessTheyAreMeant()
    {
        var first = (await Api.Post("/jobs:bulk", """{"filter":{"status":"pending"},"command":"pause"}""")).Text("id");
        await Until(first, "completed");

        var second = (await Api.Post("/jobs:bulk", """{"filter":{"created_from":"2020-01-01T00:00:00Z"},"command":"cancel"}""")).Text("id");
        Assert.Equal((0, 0, 0, 0, 0), Totals(await Until(second, "completed")));
        Assert.Empty(await Outcomes(second));
        var third = (await Api.Post("/jobs:bulk", """{"filter":{"workflow":"dispatcher-bulk"},"command":"cancel"}""")).Text("id");
        Assert.Equal((2, 0, 0, 2, 0), Totals(await Until(third, "completed")));
    }

    [Fact]
    public async Task TheSameRequest_IsOneJob_WhenItHasAKey()
    {
        const string Body = """{"filter":{"status":"pending"},"command":"approve"}""";
        var first = await Api.Post("/jobs:bulk", Body, ("Idempotency-Key", "monday"));
        var again = await Api.Post("/jobs:bulk", Body, ("Idempotency-Key", "monday"));
        var other = await Api.Post("/jobs:bulk", """{"filter":{"status":"pending"},"command":"reject"}""", ("Idempotency-Key", "monday"));

        Assert.Equal((HttpStatusCode.Accepted, first.Text("id")), (again.Status, again.Text("id")));
        Assert.Equal((HttpStatusCode.Conflict, "idempotency-conflict", first.Text("id")), (other.Status, other.Text("code"), other.Text("job_id")));
    }

    [Theory]
    [InlineData("""{"filter":{},"command":"pause"}""", "filter", "is empty and would mean every job; give at least one field, such as created_before")]
    [InlineData("""{"filter":{"status":"asleep"},"command":"pause"}""", "filter.status", "'asleep' is no status; use one of pending, approved, scheduled, waiting, queued, running, paused, recovering, completed, failed, cancelled")]
    [InlineData("""{"filter":{"label":"red"},"command":"pause"}""", "filter.label", "'red' is no label; write name=value")]
    [InlineData("""{"filter":{"status":"failed"},"command":"explode"}""", "command", "is no command for many jobs; use one of approve, reject, pause, resume, cancel, recover, retry, priority")]
    [InlineData("""{"filter":{"status":"failed"},"command":"recover"}""", "args.from_step", "is missing; recover needs it")]
    [InlineData("""{"filter":{"status":"failed"},"command":"pause","args":{"priority":3}}""", "args.priority", "does not go with pause")]
    [InlineData("""{"filter":{"status":"failed"},"command":"priority","args":{"priority":101}}""", "args.priority", "is 101; it must be from -100 to 100")]
    public async Task BadRequest_IsToldWhatIsWrong(string body, string path, string message)
    {
        var answer = await Api.Post("/jobs:bulk", body);

        Assert.Equal((HttpStatusCode.BadRequest, "invalid-request"), (answer.Status, answer.Text("code")));
        Assert.Equal((path, message), (answer.Text("faults.0.path"), answer.Text("faults.0.message")));
    }

    [Fact]
    public async Task NobodyElse_CanUseItsHandler()
    {
        var answer = await Api.Post("/jobs", """{"definition":{"name":"sly","version":1,"steps":[{"id":"a","uses":"dispatcher.bulk"}]}}""");
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "invalid-definition"), (answer.Status, answer.Text("code")));
        Assert.Equal(HttpStatusCode.NotFound, (await Api.Post("/jobs", """{"workflow":"dispatcher-bulk"}""")).Status);
    }

    private static (long, long, long, long, long) Totals(Answer job) => (
        job.Number("output.totals.targets"), job.Number("output.totals.applied"), job.Number("output.totals.unchanged"), job.Number("output.totals.refused"), job.Number("output.totals.gone"));

    private async Task<List<JsonElement>> Outcomes(string bulk) =>
        [.. (await Api.Get($"/jobs/{bulk}/artifacts/outcomes.jsonl")).Content.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line))];
}
