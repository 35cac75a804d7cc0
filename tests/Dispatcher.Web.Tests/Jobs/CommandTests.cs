using System.Net;
using Dispatcher.Web.Tests.Support;

namespace Dispatcher.Web.Tests.Jobs;

/// <summary>POST /jobs/{id}/approve and its siblings.</summary>
public sealed class CommandTests : ServiceTest
{
    [Fact]
    public async Task Approve_LetsTheJobRun_AndIsRecordedWithWhoAndWhy()
    {
        await Api.Register(Support.Workflows.Guarded);
        var id = await Api.Create("""{"workflow":"guarded"}""");
        var waiting = await Until(id, "pending");

        var answer = await Api.Post($"/jobs/{id}/approve", """{"reason":"looks fine"}""");

        Assert.Equal("approval", waiting.Text("waits_for.kind"));
        Assert.Equal(["approve", "reject", "amend", "cancel", "priority"], waiting.At("allowed").EnumerateArray().Select(word => word.GetString()));
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal($"\"{answer.Number("version")}\"", answer.Headers.ETag!.Tag);
        var approved = (await Api.Get($"/jobs/{id}/events?type=job.approved")).At("events.0.data");
        Assert.Equal("looks fine", approved.GetProperty("reason").GetString());
        Assert.Equal("local", approved.GetProperty("by").GetProperty("name").GetString());
    }

    [Fact]
    public async Task Command_IsRefusedWithWhatIsAllowed_WhenTheStatusDoesNotAllowIt()
    {
        await Api.Register(Support.Workflows.Quick);
        var id = await Api.Create("""{"workflow":"quick"}""");
        var job = await Until(id, "completed");

        var answer = await Api.Post($"/jobs/{id}/pause");

        Assert.Equal((HttpStatusCode.Conflict, "invalid-status"), (answer.Status, answer.Text("code")));
        Assert.Equal(("completed", job.Number("version")), (answer.Text("job_status"), answer.Number("version")));
        Assert.Empty(answer.At("allowed").EnumerateArray());
    }

    [Fact]
    public async Task Command_IsRefused_WhenItWasMeantForAnotherVersion()
    {
        await Api.Register(Support.Workflows.Slow);
        var id = await Api.Create("""{"workflow":"slow"}""");
        // A step that sleeps has run for an instant before, and the version moved.
        var version = (await UntilThat(id, job => job.Has("waits_for"), "asleep")).Number("version");

        var stale = await Api.Post($"/jobs/{id}/pause", null, ("If-Match", "\"1\""));
        var malformed = await Api.Post($"/jobs/{id}/pause", null, ("If-Match", "\"a\", \"b\""));
        var current = await Api.Post($"/jobs/{id}/pause", null, ("If-Match", (await Api.Get($"/jobs/{id}")).Headers.ETag!.Tag));

        Assert.Equal((HttpStatusCode.PreconditionFailed, "version-conflict"), (stale.Status, stale.Text("code")));
        Assert.True(stale.Number("version") >= version);
        Assert.Equal((HttpStatusCode.BadRequest, "invalid-if-match"), (malformed.Status, malformed.Text("code")));
        Assert.Equal((HttpStatusCode.OK, "paused"), (current.Status, current.Text("status")));
    }

    [Fact]
    public async Task PauseResumeCancel_MoveTheJob()
    {
        await Api.Register(Support.Workflows.Slow);
        var id = await Api.Create("""{"workflow":"slow"}""");
        await Until(id, "running");

        Assert.Equal("paused", (await Api.Post($"/jobs/{id}/pause", """{"reason":"lunch"}""")).Text("status"));
        Assert.Equal("local", (await Api.Get($"/jobs/{id}")).Text("paused_by.name"));
        Assert.Equal("running", (await Api.Post($"/jobs/{id}/resume", "{}")).Text("status"));
        Assert.Equal("cancelled", (await Api.Post($"/jobs/{id}/cancel", """{"reason":"enough"}""")).Text("status"));
        Assert.Equal(HttpStatusCode.OK, (await Api.Post($"/jobs/{id}/cancel")).Status);
    }

    [Fact]
    public async Task Recover_RunsAFailedJobAgain_FromAStep()
    {
        await Api.Register(Support.Workflows.Failing);
        var id = await Api.Create("""{"workflow":"failing"}""");
        var failed = await Until(id, "failed");

        var unknown = await Api.Post($"/jobs/{id}/recover", """{"from_step":"third"}""");
        var answer = await Api.Post($"/jobs/{id}/recover", """{"from_step":"second","reason":"try again"}""");

        Assert.Equal("no luck", failed.Text("failure.message"));
        Assert.Equal((HttpStatusCode.NotFound, "unknown-step"), (unknown.Status, unknown.Text("code")));
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal(1, (await Until(id, "failed")).Number("recovery_attempts"));
    }

    [Fact]
    public async Task Priority_IsChanged_AndRefusedBeyondItsBounds()
    {
        await Api.Register(Support.Workflows.Slow);
        var id = await Api.Create("""{"workflow":"slow"}""");

        var changed = await Api.Post($"/jobs/{id}/priority", """{"priority":-100}""");
        var beyond = await Api.Post($"/jobs/{id}/priority", """{"priority":101}""");

        Assert.Equal(-100, changed.Number("priority"));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid-priority"), (beyond.Status, beyond.Text("code")));
    }

    [Theory]
    [InlineData("approve", null)]
    [InlineData("recover", """{"from_step":"a"}""")]
    [InlineData("priority", """{"priority":1}""")]
    public async Task Command_AnswersNotFound_WhenThereIsNoSuchJob(string command, string? body)
    {
        foreach (var id in new[] { "0198c0de-0000-7000-8000-000000000000", "nonsense" })
        {
            var answer = await Api.Post($"/jobs/{id}/{command}", body);
            Assert.Equal((HttpStatusCode.NotFound, "not-found", $"There is no job {id}."), (answer.Status, answer.Text("code"), answer.Text("detail")));
        }
    }
}
