using System.Net;
using System.Text;
using Dispatcher.Jobs;
using Dispatcher.Web.Tests.Support;

namespace Dispatcher.Web.Tests.Contracts.WorkflowCoordinator;

/// <summary>Other tenants, wrong moves, bodies and ids that are none.</summary>
public sealed class CoordinatorNegativeTests : CoordinatorTest
{
    [Fact]
    public async Task AnotherTenantsJob_IsAnsweredLikeOneThatIsNotThere()
    {
        using var acme = await ApiOf("acme");
        using var globex = await ApiOf("globex");
        LayImages("acme", Campaign, "a.jpg", "b.jpg");
        var made = await acme.Post($"{Root}/jobs/from-image-pairs", $$"""{"campaign_id":"{{Campaign}}"}""");
        var (number, scene) = (made.Number("job_id"), (await acme.Get($"{Root}/jobs/{made.Number("job_id")}/scenes")).Text("scenes.0.id"));

        foreach (var (method, path) in Paths(number, scene))
        {
            var foreign = await Send(globex, method, path);
            var nobodys = await Send(globex, method, path.Replace($"{number}", "77", StringComparison.Ordinal));
            Assert.True(foreign.Status == HttpStatusCode.NotFound, $"{method} {path}: {foreign}");
            Assert.Equal(nobodys.Content.Replace("77", $"{number}", StringComparison.Ordinal), foreign.Content);
        }

        Assert.Empty((await globex.Get($"{Root}/generated-videos?job_id={number}")).At("data").EnumerateArray());
        Assert.Equal("pending", (await acme.Get($"{Root}/jobs/{number}")).Text("status"));
    }

    [Fact]
    public async Task AnotherTenantsCampaign_IsAnsweredLikeOneThatIsNotThere()
    {
        using var acme = await ApiOf("acme");
        AssertError(await acme.Post($"{Root}/jobs/from-image-pairs", $$"""{"campaign_id":"{{Campaign}}"}"""), HttpStatusCode.NotFound, "Campaign not found");
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("007")]
    [InlineData("1e3")]
    [InlineData("9999999999999999999999")]
    [InlineData("abc")]
    [InlineData("%00")]
    [InlineData("0199aaaa-0000-7000-8000-000000000000")]
    public async Task AnIdThatIsNone_Answers404_Everywhere(string id)
    {
        foreach (var (method, path) in Paths(id, "x"))
        {
            var answer = await Send(Coordinator, method, path);
            Assert.True(answer.Status is HttpStatusCode.NotFound or HttpStatusCode.BadRequest, $"{method} {path}: {answer}");
            if (id != "%00") Assert.Equal("Job not found", answer.Text("error"));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("\"x\"")]
    [InlineData("null")]
    [InlineData("""{"campaign_id":"a","campaign_id":"b"}""")]
    [InlineData("""{"video_name":"\ud800"}""")]
    public async Task ABodyThatIsNone_Answers400(string body)
    {
        var number = await Create();
        var scene = await SceneId(number, 0);
        foreach (var (method, path) in new[] { ("POST", "jobs/from-image-pairs"), ("POST", "jobs/from-property-photos"), ("PUT", $"jobs/{number}/scenes/{scene}") })
        {
            using var content = new StringContent(body, Encoding.UTF8, "application/json");
            var answer = await Coordinator.Send(new HttpMethod(method), $"{Root}/{path}", content);
            Assert.True(answer.Status == HttpStatusCode.BadRequest, $"{method} {path}: {answer}");
            Assert.True(answer.Has("error"));
        }
    }

    [Fact]
    public async Task ABodyThatIsTooLarge_Answers413()
    {
        using var content = new StringContent($$"""{"campaign_id":"{{Campaign}}","x":"{{new string('x', 2 << 20)}}"}""", Encoding.UTF8, "application/json");
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await Coordinator.Send(HttpMethod.Post, $"{Root}/jobs/from-image-pairs", content)).Status);
    }

    [Fact]
    public async Task Approve_Answers422_ForAJobThatFailedOrWasRejected()
    {
        Provider.Set(new Provider.Fault { Fail = "no" });
        var failed = await Create();
        await Approve(failed);
        await Ended(failed);
        var rejected = await Create();
        await Api.Post($"/jobs/{(await EngineJobs(rejected))[0]}/reject");

        foreach (var number in new[] { failed, rejected })
        {
            var answer = await Coordinator.Post($"{Root}/jobs/{number}/approve");
            AssertError(answer, HttpStatusCode.UnprocessableEntity, "Job cannot be approved");
            Assert.Equal("failed", answer.Text("current_status"));
        }
    }

    /// <summary>A tenant's own workflow may ask for approvals while it runs; those are given elsewhere.</summary>
    [Fact]
    public async Task Approve_ApprovesNoStep_OfAJobThatRuns()
    {
        var registered = await Api.Put("/workflows/video-scenes/versions/99", "name: video-scenes\nversion: 99\napproval: required\nsteps: [ { id: look, uses: approval } ]", "application/yaml");
        Assert.True(registered.Status == HttpStatusCode.Created, registered.ToString());
        var number = await Create();
        var id = JobId.Parse((await EngineJobs(number))[0]);
        using var events = Service.Engine.Node.Feed.Subscribe(id);
        await Approve(number);
        while ((await Service.Engine.Gateway.Inspect(id))!.State!.Waits.Approvals == 0) await events.Messages.ReadAsync();

        var answer = await Coordinator.Post($"{Root}/jobs/{number}/approve");

        AssertError(answer, HttpStatusCode.UnprocessableEntity, "Job cannot be approved");
        Assert.Equal("processing", answer.Text("current_status"));
        var state = (await Service.Engine.Gateway.Inspect(id))!.State!;
        Assert.Equal((1, StepStatus.Running), (state.Waits.Approvals, state.Step("look").Status));
    }

    [Fact]
    public async Task AScenesUnknownFields_AreNamedUpToALimit()
    {
        var number = await Create();
        var answer = await Coordinator.Put($"{Root}/jobs/{number}/scenes/{await SceneId(number, 0)}", $"{{{string.Join(',', Enumerable.Range(0, 3000).Select(i => $"\"{i:D100}\":0"))}}}");

        AssertError(answer, HttpStatusCode.UnprocessableEntity, "Validation failed");
        Assert.InRange(answer.Body.Length, 1, 10_000);
    }

    [Fact]
    public async Task AJobOfAnotherWorkflow_IsNone_EvenWithItsLabels()
    {
        await Api.Register(Support.Workflows.Quick);
        await Api.Create("""{"workflow":"quick","labels":{"coordinator_job":"5","coordinator_revision":"1"}}""");
        AssertError(await Job(5), HttpStatusCode.NotFound, "Job not found");
    }

    /// <summary>Labels are for anybody; the key, by which a revision is known, is not.</summary>
    [Fact]
    public async Task AJobThatSaysItIsARevision_NeitherHidesNorReplacesTheRealOne()
    {
        using var http = new HttpClient { BaseAddress = Service.Address };
        using var stream = await Live.SseClient.Open(http, $"{Root}/events?topics=jobs:completed");
        var number = await Create();
        var forged = await Forge(number);

        Assert.Equal("Untitled Video", (await Job(number)).Text("video_name"));
        await Approve(number);
        Assert.Equal("pending", (await Api.Get($"/jobs/{forged}")).Text("status"));
        await UntilJob(number, job => job.Text("status") == "completed");
        await Api.Post($"/jobs/{forged}/approve");
        await Until(forged, "completed");
        var next = await Completed(pairs: 1);

        Assert.Equal(3 + 3 + 1, Provider.Bill.Count);
        var videos = await Coordinator.Get($"{Root}/generated-videos");
        Assert.Equal([next, number], videos.At("data").EnumerateArray().Select(video => video.GetProperty("job_id").GetInt64()));
        Assert.Equal("Untitled Video", videos.Text("data.1.video_name"));
        Assert.StartsWith("clip of From a.jpg to b.jpg\n", (await Coordinator.Get($"{Root}/videos/{number}/combined")).Content, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await Coordinator.Post($"{Root}/jobs/{number}/scenes/{await SceneId(number, 0)}/regenerate")).Status);
        foreach (var told in new[] { number, next }) Assert.Equal($$"""{"event":"job_completed","job_id":{{told}}}""", await NextMessage(stream));
    }

    /// <summary>Whoever may amend a job may give it what fits its workflow's schema, and makes no fault of the server with it.</summary>
    [Theory]
    [InlineData("number", "number", 7)]
    [InlineData("revision", "revision", 2)]
    [InlineData("inserted_at", "inserted_at", "9999-99-99T99:99:99Z")]
    [InlineData("a scene less", "storyboard.scenes.0", null)]
    [InlineData("a clip less", "clips.0", null)]
    [InlineData("a text that is none", "storyboard.scenes.0.prompt", 7)]
    [InlineData("a duration beyond all", "storyboard.scenes.0.duration", 1e308)]
    [InlineData("a cost beyond all", "clips.0.cost", 1e30)]
    [InlineData("another job's scene", "clips.0.id", "00000000-0000-8001-8000-73636e000001")]
    public async Task AJobThatWasAmended_IntoNoVideo_IsNone(string what, string path, object? value)
    {
        var number = await Create();
        var (id, scene) = ((await EngineJobs(number))[0], await SceneId(number, 0));
        var input = System.Text.Json.Nodes.JsonNode.Parse((await Api.Get($"/jobs/{id}")).At("input").GetRawText())!;
        Change(input, path.Split('.'), System.Text.Json.JsonSerializer.SerializeToNode(value));
        var amended = await Api.Post($"/jobs/{id}/amend", $$"""{"input":{{input.ToJsonString()}}}""");
        Assert.True(amended.Status == HttpStatusCode.OK, $"{what}: {amended}");

        foreach (var (method, url) in Paths(number, scene)) AssertError(await Send(Coordinator, method, url), HttpStatusCode.NotFound, "Job not found");
    }

    [Fact]
    public async Task Submitters_MakeAndChange_AndOnlyOperatorsLetMoneyBeSpent()
    {
        var key = await Service.MakeKey(null, "admin");
        var submitter = await Service.MakeKey(key.Text, "submitter");
        using var api = NewApi(submitter.Text);
        using var admin = NewApi(key.Text);
        var made = await api.Post($"{Root}/jobs/from-image-pairs", $$"""{"campaign_id":"{{Campaign}}"}""");
        var number = made.Number("job_id");
        var scene = (await api.Get($"{Root}/jobs/{number}/scenes")).Text("scenes.0.id");

        Assert.Equal(HttpStatusCode.OK, (await api.Put($"{Root}/jobs/{number}/scenes/{scene}", """{"title":"x"}""")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await api.Post($"{Root}/jobs/{number}/approve")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await api.Post($"{Root}/jobs/{number}/scenes/{scene}/regenerate")).Status);
        Assert.Equal(HttpStatusCode.OK, (await admin.Post($"{Root}/jobs/{number}/approve")).Status);
    }

    /// <summary>A job of the same workflow with another name, which says that it is the newest revision of another one.</summary>
    private async Task<string> Forge(long number)
    {
        var input = System.Text.Json.Nodes.JsonNode.Parse((await Api.Get($"/jobs/{(await EngineJobs(number))[0]}")).At("input").GetRawText())!;
        (input["revision"], input["video_name"]) = (99, "Mine");
        return await Api.Create($$"""{"workflow":"video-scenes","input":{{input.ToJsonString()}},"labels":{"coordinator_job":"{{number}}","coordinator_revision":"99","campaign":"{{Campaign}}"} }""");
    }

    /// <summary>Sets what stands at a path; null takes it out of its list.</summary>
    private static void Change(System.Text.Json.Nodes.JsonNode node, string[] path, System.Text.Json.Nodes.JsonNode? value)
    {
        foreach (var name in path[..^1]) node = node is System.Text.Json.Nodes.JsonArray list ? list[int.Parse(name, System.Globalization.CultureInfo.InvariantCulture)]! : node[name]!;
        if (value is null) node.AsArray().RemoveAt(int.Parse(path[^1], System.Globalization.CultureInfo.InvariantCulture));
        else node[path[^1]] = value;
    }

    private static async Task<string> NextMessage(Live.SseClient stream)
    {
        while (true)
        {
            var next = (await stream.Next())!;
            if (next.Name != "position") return next.Data;
        }
    }

    private static IEnumerable<(string Method, string Path)> Paths(object number, string scene) =>
    [
        ("GET", $"jobs/{number}"), ("POST", $"jobs/{number}/approve"), ("GET", $"jobs/{number}/scenes"), ("GET", $"jobs/{number}/scenes/{scene}"), ("PUT", $"jobs/{number}/scenes/{scene}"),
        ("DELETE", $"jobs/{number}/scenes/{scene}"), ("POST", $"jobs/{number}/scenes/{scene}/regenerate"), ("GET", $"videos/{number}/combined"), ("GET", $"videos/{number}/thumbnail"),
        ("GET", $"videos/{number}/clips/scene_1.mp4"),
    ];

    private static async Task<Answer> Send(Api api, string method, string path)
    {
        using var content = method == "PUT" ? new StringContent("""{"title":"x"}""", Encoding.UTF8, "application/json") : null;
        return await api.Send(new HttpMethod(method), $"{Root}/{path}", content);
    }
}
