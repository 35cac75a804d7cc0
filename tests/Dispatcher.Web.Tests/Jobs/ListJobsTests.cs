using System.Globalization;
using System.Net;
using Dispatcher.Web.Tests.Support;

namespace Dispatcher.Web.Tests.Jobs;

/// <summary>GET /jobs.</summary>
public sealed class ListJobsTests : ServiceTest
{
    [Fact]
    public async Task List_GivesAllJobsOnce_NewestFirst_InPages()
    {
        await Api.Register(Support.Workflows.Slow);
        var made = new List<string>();
        for (var n = 0; n < 7; n++) made.Add(await Api.Create("""{"workflow":"slow"}"""));

        var listed = new List<string>();
        string? cursor = null;
        do
        {
            var page = await Api.Get(cursor is null ? "/jobs?limit=3" : $"/jobs?limit=3&cursor={cursor}");
            listed.AddRange(Ids(page));
            cursor = page.Has("next") ? page.Text("next") : null;
        }
        while (cursor is not null);

        made.Reverse();
        Assert.Equal(made, listed);
    }

    [Fact]
    public async Task List_FiltersByEverythingTogether()
    {
        await Api.Register(Support.Workflows.Slow);
        await Api.Register(Support.Workflows.Guarded);
        var red = await Api.Create("""{"workflow":"slow","labels":{"team":"red","note":"Great Success"}}""");
        var blue = await Api.Create("""{"workflow":"slow","labels":{"team":"blue"},"idempotency_key":"Order-17"}""");
        var guarded = await Api.Create("""{"workflow":"guarded","labels":{"team":"red"}}""");
        await Until(guarded, "pending");
        await Until(red, "running");

        Assert.Equal([guarded, red], Ids(await Api.Get("/jobs?label=team=red")));
        Assert.Equal([red], Ids(await Api.Get("/jobs?label=team=red&workflow=slow")));
        Assert.Equal([guarded], Ids(await Api.Get("/jobs?status=pending")));
        Assert.Equal([red], Ids(await Api.Get("/jobs?text=great%20SUCCESS")));
        Assert.Equal([blue], Ids(await Api.Get("/jobs?text=order-17")));
        Assert.Equal([red], Ids(await Api.Get("/jobs?label=team=red,note=great%20success")));
        Assert.Empty(Ids(await Api.Get("/jobs?label=team=red&label=team=blue")));
        Assert.Empty(Ids(await Api.Get("/jobs?workflow=nobody")));
    }

    [Fact]
    public async Task List_TakesARangeOfTimes_InAnyZone()
    {
        await Api.Register(Support.Workflows.Quick);
        var earlier = new List<string> { await Api.Create("""{"workflow":"quick"}""") };
        var second = await Api.Create("""{"workflow":"quick"}""");
        // The bounds are exact to the millisecond, in which there may be several jobs.
        while (await MillisecondOf(second) == await MillisecondOf(earlier[0]))
        {
            earlier.Insert(0, second);
            second = await Api.Create("""{"workflow":"quick"}""");
        }

        var created = (await Api.Get($"/jobs/{second}")).At("created_at").GetDateTimeOffset();
        var zone = created.ToOffset(TimeSpan.FromHours(5)).ToString("yyyy-MM-dd'T'HH:mm:ss.ffffffzzz", CultureInfo.InvariantCulture).Replace("+", "%2B", StringComparison.Ordinal);

        Assert.Equal([second], Ids(await Api.Get($"/jobs?created_from={zone}")));
        Assert.Equal(earlier, Ids(await Api.Get($"/jobs?created_before={zone}")));
    }

    [Fact]
    public async Task List_GivesOnlyTheFieldsThatAreAskedFor()
    {
        await Api.Register(Support.Workflows.Slow);
        await Api.Create("""{"workflow":"slow","labels":{"a":"b"}}""");

        var sparse = await Api.Get("/jobs?fields=id,status,labels");
        var all = await Api.Get("/jobs");

        Assert.Equal(["id", "status", "labels"], sparse.At("jobs.0").EnumerateObject().Select(field => field.Name));
        Assert.Equal(("slow", 1), (all.Text("jobs.0.workflow.name"), all.Number("jobs.0.workflow.version")));
    }

    [Fact]
    public async Task List_RefusesACursor_ThatWasChangedOrBelongsToAnotherList()
    {
        await Api.Register(Support.Workflows.Slow);
        for (var n = 0; n < 3; n++) await Api.Create("""{"workflow":"slow"}""");
        var cursor = (await Api.Get("/jobs?limit=1&workflow=slow")).Text("next");

        foreach (var path in new[]
        {
            $"/jobs?limit=1&workflow=slow&cursor={Flip(cursor)}",
            $"/jobs?limit=1&workflow=slow&cursor={cursor}A",
            $"/jobs?limit=1&workflow=slow&cursor={cursor[1..]}",
            "/jobs?limit=1&workflow=slow&cursor=!!",
            "/jobs?limit=1&workflow=slow&cursor=",
            $"/jobs?limit=1&cursor={cursor}",
            $"/jobs?limit=1&workflow=slow&status=running&cursor={cursor}",
        })
        {
            var answer = await Api.Get(path);
            Assert.True((answer.Status, answer.Text("code")) == (HttpStatusCode.BadRequest, "invalid-cursor"), $"{path}: {answer}");
        }

        Assert.Equal(HttpStatusCode.OK, (await Api.Get($"/jobs?limit=2&fields=id&workflow=slow&cursor={cursor}")).Status);
    }

    [Theory]
    [InlineData("status=ready", "status")]
    [InlineData("status=none", "status")]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=201", "limit")]
    [InlineData("sort=created", "sort")]
    [InlineData("fields=id,steps", "fields")]
    [InlineData("label=red", "label")]
    [InlineData("label==red", "label")]
    [InlineData("text=a%20b%20c%20d%20e%20f%20g%20h%20i%20j%20k", "text")]
    [InlineData("stauts=running", "stauts")]
    [InlineData("created_from=2026-02-01T00:00:00Z&created_before=2026-01-01T00:00:00Z", "created_before")]
    public async Task List_NamesTheParameter_ThatIsWrong(string query, string parameter)
    {
        var answer = await Api.Get($"/jobs?{query}");

        Assert.Equal((HttpStatusCode.BadRequest, "invalid-request", parameter), (answer.Status, answer.Text("code"), answer.Text("faults.0.path")));
    }

    [Theory]
    [InlineData("limit=many")]
    [InlineData("limit=99999999999999999999")]
    [InlineData("created_from=yesterday")]
    [InlineData("created_from=2026-01-01")]
    [InlineData("created_from=2026-01-01T00:00:00")]
    [InlineData("created_before=2026-01-01T00:00:00+01:00")]
    public async Task List_IsRefused_WhenAValueHasTheWrongForm(string query)
    {
        var answer = await Api.Get($"/jobs?{query}");

        Assert.Equal((HttpStatusCode.BadRequest, "bad-request"), (answer.Status, answer.Text("code")));
    }

    private async Task<long> MillisecondOf(string id) => (await Api.Get($"/jobs/{id}")).At("created_at").GetDateTimeOffset().ToUnixTimeMilliseconds();

    private static string Flip(string cursor) => (cursor[0] == 'A' ? 'B' : 'A') + cursor[1..];

    private static IEnumerable<string> Ids(Answer page) => page.At("jobs").EnumerateArray().Select(job => job.GetProperty("id").GetString()!);
}
