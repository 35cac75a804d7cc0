using System.Net;
using Dispatcher.Web.Tests.Support;

namespace Dispatcher.Web.Tests.Jobs;

/// <summary>GET /jobs/{id} and what hangs on it.</summary>
public sealed class ReadJobTests : ServiceTest
{
    [Fact]
    public async Task Show_AnswersNotModified_WhileTheVersionIsTheSame()
    {
        await Api.Register(Support.Workflows.Slow);
        var id = await Api.Create("""{"workflow":"slow"}""");
        var tag = (await UntilThat(id, job => job.Has("waits_for"), "asleep")).Headers.ETag!.Tag;

        var known = await Api.Get($"/jobs/{id}", ("If-None-Match", $"\"x\", W/{tag}"));
        await Api.Post($"/jobs/{id}/pause");
        var changed = await Api.Get($"/jobs/{id}", ("If-None-Match", tag));

        Assert.Equal((HttpStatusCode.NotModified, 0), (known.Status, known.Body.Length));
        Assert.Equal((HttpStatusCode.OK, "paused"), (changed.Status, changed.Text("status")));
    }

    [Fact]
    public async Task Show_ReadsEndedJobsFromTheStore_WithoutLoadingThem()
    {
        await Api.Register(Support.Workflows.Failing);
        var id = await Api.Create("""{"workflow":"failing"}""");
        var before = await Until(id, "failed");
        await Restart();

        var after = await Api.Get($"/jobs/{id}");

        Assert.Equal(before.Content, after.Content);
        Assert.Equal(["recover", "retry"], after.At("allowed").EnumerateArray().Select(word => word.GetString()));
        Assert.Equal(0, Service.Engine.Node.ResidentJobs);
    }

    [Fact]
    public async Task Show_TellsWhatAParkedJobNeeds()
    {
        await Api.Register(Support.Workflows.Slow);
        var id = await Api.Create("""{"workflow":"slow"}""");
        var version = (await UntilThat(id, job => job.Has("waits_for"), "asleep")).Number("version");
        await Service.Spoil(id);
        await Restart();

        var job = await Api.Get($"/jobs/{id}");

        Assert.Equal((HttpStatusCode.OK, "handler"), (job.Status, job.Text("waits_for.kind")));
        Assert.Contains(Spoiling.UnknownEvent, job.Text("parked"), StringComparison.Ordinal);
        Assert.Equal(version + 1, (await Api.Get($"/jobs/{id}/events?after={version}")).Number("events.0.seq"));
    }

    [Fact]
    public async Task Events_AreReadInPages_WithoutGap()
    {
        await Api.Register(Support.Workflows.Failing);
        var id = await Api.Create("""{"workflow":"failing"}""");
        var version = (await Until(id, "failed")).Number("version");

        var seen = new List<long>();
        Answer page;
        do
        {
            page = await Api.Get($"/jobs/{id}/events?limit=2&after={(seen.Count == 0 ? 0 : seen[^1])}");
            seen.AddRange(page.At("events").EnumerateArray().Select(item => item.GetProperty("seq").GetInt64()));
        }
        while (page.Has("next"));

        Assert.Equal(Enumerable.Range(1, (int)version).Select(n => (long)n), seen);
    }

    [Fact]
    public async Task Events_AreChosenByTheirNames()
    {
        await Api.Register(Support.Workflows.Failing);
        var id = await Api.Create("""{"workflow":"failing"}""");
        await Until(id, "failed");

        Assert.Equal(["job.created", "job.failed"], Types(await Api.Get($"/jobs/{id}/events?type=job.created,job.failed")));
        Assert.All(Types(await Api.Get($"/jobs/{id}/events?type=step.*")), type => Assert.StartsWith("step.", type, StringComparison.Ordinal));
        Assert.Equal(["job.created"], Types(await Api.Get($"/jobs/{id}/events?type=job.*&limit=1")));

        static IEnumerable<string> Types(Answer page) => page.At("events").EnumerateArray().Select(item => item.GetProperty("type").GetString()!);
    }

    [Fact]
    public async Task State_IsFoldedUpToAnEvent()
    {
        await Api.Register(Support.Workflows.Failing);
        var id = await Api.Create("""{"workflow":"failing"}""");
        var failed = await Until(id, "failed");

        var first = await Api.Get($"/jobs/{id}/state?at=1");
        var last = await Api.Get($"/jobs/{id}/state?at={failed.Number("version")}");
        var beyond = await Api.Get($"/jobs/{id}/state?at={failed.Number("version") + 1}");

        Assert.Equal((1, "pending"), (first.Number("version"), first.Text("steps.0.status")));
        Assert.Equal(("failed", failed.At("steps").GetRawText()), (last.Text("status"), last.At("steps").GetRawText()));
        Assert.False(last.Has("allowed"));
        Assert.Equal((HttpStatusCode.NotFound, "unknown-event"), (beyond.Status, beyond.Text("code")));
    }

    [Theory]
    [InlineData("state?at=0", "400 invalid-request")]
    [InlineData("state?at=-5", "400 invalid-request")]
    [InlineData("state", "400 bad-request")]
    [InlineData("state?at=1.5", "400 bad-request")]
    [InlineData("events?after=-1", "400 invalid-request")]
    [InlineData("events?limit=1001", "400 invalid-request")]
    [InlineData("events?type=job.exploded", "400 invalid-request")]
    [InlineData("events?after=99999999999999999999", "400 bad-request")]
    public async Task Reads_AreRefused_WhenAValueIsWrong(string path, string expected)
    {
        await Api.Register(Support.Workflows.Quick);
        var id = await Api.Create("""{"workflow":"quick"}""");

        var answer = await Api.Get($"/jobs/{id}/{path}");

        Assert.Equal(expected, $"{(int)answer.Status} {answer.Text("code")}");
    }
}
