using System.Net;
using Dispatcher.Web.Tests.Support;

namespace Dispatcher.Web.Tests.Jobs;

/// <summary>POST /jobs/{id}/amend: another input for a job that nobody has approved yet.</summary>
public sealed class AmendTests : ServiceTest
{
    private const string Guarded =
        """
        name: ordered
        version: 1
        approval: required
        input:
          type: object
          required: [name]
          additionalProperties: false
          properties: { name: { type: string }, copies: { type: integer, minimum: 1, default: 1 } }
        steps:
          - id: one
            uses: noop
        output: { made: "${input.name}", copies: "${input.copies}" }
        """;

    [Fact]
    public async Task Amend_ChangesTheInput_AndTheJobRunsWithIt()
    {
        var id = await Ordered();

        var answer = await Api.Post($"/jobs/{id}/amend", """{"input":{"name":"b"},"reason":"misspelt"}""", ("If-Match", "\"1\""));

        Assert.Equal((HttpStatusCode.OK, "pending", 2, "b"), (answer.Status, answer.Text("status"), answer.Number("version"), answer.Text("input.name")));
        await Api.Post($"/jobs/{id}/approve");
        var ended = await Until(id, "completed");
        Assert.Equal(("b", 1), (ended.Text("output.made"), ended.Number("output.copies")));
        var amended = (await Api.Get($"/jobs/{id}/events?type=job.amended")).At("events.0.data");
        Assert.Equal(("misspelt", "local", "b"), (amended.GetProperty("reason").GetString(), amended.GetProperty("by").GetProperty("name").GetString(), amended.GetProperty("input").GetProperty("name").GetString()));
    }

    [Fact]
    public async Task Amend_SurvivesARestart()
    {
        var id = await Ordered();
        await Api.Post($"/jobs/{id}/amend", """{"input":{"name":"b","copies":2}}""");
        await Restart();
        Assert.Equal(2, (await Api.Get($"/jobs/{id}")).Number("input.copies"));
        await Api.Post($"/jobs/{id}/approve");
        Assert.Equal(2, (await Until(id, "completed")).Number("output.copies"));
    }

    [Theory]
    [InlineData("""{"input":{}}""", "name")]
    [InlineData("""{"input":{"name":7}}""", "name")]
    [InlineData("""{"input":{"name":"b","extra":1}}""", "extra")]
    [InlineData("""{}""", "ordered")]
    public async Task Amend_Answers422_WhenTheInputDoesNotFit(string body, string expected)
    {
        var id = await Ordered();
        var answer = await Api.Post($"/jobs/{id}/amend", body);
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "invalid-input"), (answer.Status, answer.Text("code")));
        Assert.Contains(expected, answer.Text("detail"), StringComparison.Ordinal);
        Assert.Equal("a", (await Api.Get($"/jobs/{id}")).Text("input.name"));
    }

    [Fact]
    public async Task Amend_Answers409_OnceTheJobWasApproved()
    {
        var id = await Ordered();
        await Api.Post($"/jobs/{id}/approve");
        var answer = await Api.Post($"/jobs/{id}/amend", """{"input":{"name":"b"}}""");
        Assert.Equal((HttpStatusCode.Conflict, "invalid-status"), (answer.Status, answer.Text("code")));
    }

    [Fact]
    public async Task Amend_Answers412_ForAnotherVersion_AndBeforeItLooksAtTheInput()
    {
        var id = await Ordered();
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await Api.Post($"/jobs/{id}/amend", """{"input":{"name":"b"}}""", ("If-Match", "\"7\""))).Status);
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await Api.Post($"/jobs/{id}/amend", """{"input":{}}""", ("If-Match", "\"7\""))).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await Api.Post("/jobs/0199aaaa-0000-7000-8000-000000000000/amend", """{"input":{"name":"b"}}""")).Status);
    }

    [Fact]
    public async Task Amend_IsWonByOne_OfManyAtTheSameVersion()
    {
        var id = await Ordered();
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Api.Post($"/jobs/{id}/amend", $"{{\"input\":{{\"name\":\"n{i}\"}}}}", ("If-Match", "\"1\""))));
        Assert.Single(answers, answer => answer.Status == HttpStatusCode.OK);
        Assert.Equal(19, answers.Count(answer => answer.Status == HttpStatusCode.PreconditionFailed));
    }

    [Fact]
    public async Task Amend_IsAmongWhatAPendingJobAllows()
    {
        var id = await Ordered();
        var answer = await Api.Post($"/jobs/{id}/resume");
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        var refused = await Api.Post($"/jobs/{id}/pause");
        Assert.Contains("amend", refused.At("allowed").EnumerateArray().Select(word => word.GetString()));
    }

    private async Task<string> Ordered()
    {
        await Api.Register(Guarded);
        return await Api.Create("""{"workflow":"ordered","input":{"name":"a"}}""");
    }
}
