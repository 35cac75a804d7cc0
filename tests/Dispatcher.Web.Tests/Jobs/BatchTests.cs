using System.Net;
using System.Text.Json.Nodes;
using Dispatcher.Web.Tests.Support;

namespace Dispatcher.Web.Tests.Jobs;

/// <summary>POST /jobs:batch.</summary>
public sealed class BatchTests : ServiceTest
{
    [Fact]
    public async Task Batch_AnswersEachItem_InOrder_AndNoneHarmsAnother()
    {
        await Api.Register(Support.Workflows.Quick);
        await Api.Register(Support.Workflows.Picky);

        var answer = await Api.Post("/jobs:batch", """
            {"jobs":[
              {"workflow":"quick","idempotency_key":"a"},
              {"workflow":"qick"},
              7,
              null,
              {"workflow":"quick","zip":1},
              {"workflow":"picky","input":{"video":7}},
              {"workflow":"quick","priority":101},
              {"workflow":"quick","idempotency_key":"a"},
              {"workflow":"quick","idempotency_key":"a","priority":1},
              {"definition":{"name":"own","version":1,"steps":[{"id":"a","uses":"noop"}]}},
              {"workflow":"quick"}
            ]}
            """);

        Assert.Equal(HttpStatusCode.MultiStatus, answer.Status);
        Assert.Equal([201, 404, 400, 400, 400, 422, 400, 200, 409, 201, 201], Statuses(answer));
        Assert.Equal("unknown-workflow", answer.Text("results.1.error.code"));
        Assert.Equal("input.video", answer.Text("results.5.error.faults.0.path"));
        Assert.Equal(answer.Text("results.0.job.id"), answer.Text("results.7.job.id"));
        Assert.Equal(answer.Text("results.0.job.id"), answer.Text("results.8.error.job_id"));
        await Until(answer.Text("results.10.job.id"), "completed");
    }

    [Fact]
    public async Task Batch_LetsItemsDependOnEarlierOnes()
    {
        await Api.Register(Support.Workflows.Quick);
        await Api.Register(Support.Workflows.Slow);

        var answer = await Api.Post("/jobs:batch", """
            {"jobs":[
              {"workflow":"slow"},
              {"workflow":"quick","depends_on":["#0"]},
              {"workflow":"quick","depends_on":["#0","#1"]},
              {"workflow":"nobody"},
              {"workflow":"quick","depends_on":["#3"]},
              {"workflow":"quick","depends_on":["#4"]},
              {"workflow":"quick","depends_on":["#6"]},
              {"workflow":"quick","depends_on":["#99"]}
            ]}
            """);

        Assert.Equal([201, 201, 201, 404, 422, 422, 400, 400], Statuses(answer));
        Assert.Equal("dependency-refused", answer.Text("results.5.error.code"));
        var third = await Api.Get($"/jobs/{answer.Text("results.2.job.id")}");
        Assert.Equal([answer.Text("results.0.job.id"), answer.Text("results.1.job.id")], third.At("depends_on").EnumerateArray().Select(id => id.GetString()));
        Assert.Equal("dependencies", third.Text("waits_for.kind"));
    }

    [Fact]
    public async Task Batch_MakesAThousandJobs_InFewCommits()
    {
        await Api.Register(Support.Workflows.Guarded);
        var jobs = new JsonArray([.. Enumerable.Range(0, 1000).Select(_ => new JsonObject { ["workflow"] = "guarded" })]);
        var commits = new CommitCounter();
        using var listening = Service.Engine.Store.Listen(commits);

        var answer = await Api.Post("/jobs:batch", new JsonObject { ["jobs"] = jobs }.ToJsonString());

        Assert.All(Statuses(answer), status => Assert.Equal(201, status));
        Assert.Equal(1000, answer.At("results").EnumerateArray().Select(result => result.GetProperty("job").GetProperty("id").GetString()).Distinct().Count());
        Assert.True(commits.Count < 200, $"{commits.Count} commits");
    }

    [Theory]
    [InlineData("""{"jobs":[]}""", "invalid-request")]
    [InlineData("""{}""", "invalid-body")]
    [InlineData("""{"jobs":{}}""", "invalid-body")]
    [InlineData("""{"jobs":[{}""", "invalid-json")]
    [InlineData("""{"jobs":[{}],"more":1}""", "invalid-body")]
    public async Task Batch_IsRefused_WhenItIsNone(string body, string code)
    {
        var answer = await Api.Post("/jobs:batch", body);

        Assert.Equal((HttpStatusCode.BadRequest, code), (answer.Status, answer.Text("code")));
    }

    [Fact]
    public async Task Batch_IsRefused_WhenItHasTooManyItems()
    {
        var answer = await Api.Post("/jobs:batch", $$"""{"jobs":[{{string.Join(',', Enumerable.Repeat("{}", 1001))}}]}""");

        Assert.Equal((HttpStatusCode.BadRequest, "jobs"), (answer.Status, answer.Text("faults.0.path")));
    }

    private static IEnumerable<int> Statuses(Answer answer) => answer.At("results").EnumerateArray().Select(result => result.GetProperty("status").GetInt32());

    private sealed class CommitCounter : Dispatcher.Store.IJournalListener
    {
        private int _count;

        public int Count => Volatile.Read(ref _count);

        public void Committed(IReadOnlyList<Dispatcher.Store.CommittedAppend> appends) => Interlocked.Increment(ref _count);
    }
}
