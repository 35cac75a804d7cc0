using System.Net;
using System.Text;
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

    [Fact]
    public async Task AJobOfAnotherWorkflow_IsNone_EvenWithItsLabels()
    {
        await Api.Register(Support.Workflows.Quick);
        await Api.Create("""{"workflow":"quick","labels":{"coordinator_job":"5","coordinator_revision":"1"}}""");
        AssertError(await Job(5), HttpStatusCode.NotFound, "Job not found");
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
