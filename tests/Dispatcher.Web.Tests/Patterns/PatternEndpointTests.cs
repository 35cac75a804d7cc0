using System.Net;
using Dispatcher.Web.Tests.Support;

namespace Dispatcher.Web.Tests.Patterns;

/// <summary>Patterns over REST, and what makes jobs of them.</summary>
public sealed class PatternEndpointTests : ServiceTest
{
    private const string Report =
        """{"workflow":"picky","params":{"type":"object","required":["clip"],"properties":{"clip":{"type":"string"},"urgent":{"type":"integer","default":0}},"additionalProperties":false},"input":{"video":"${params.clip}.mp4"},"labels":{"clip":"${params.clip}"},"priority":"${params.urgent}"}""";

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        await Api.Register(Support.Workflows.Quick);
        await Api.Register(Support.Workflows.Picky);
    }

    [Fact]
    public async Task AVersion_NeverChanges()
    {
        var made = await Api.Put("/patterns/clip/versions/1", Report);
        Assert.Equal((HttpStatusCode.Created, "clip", 1L, "picky"), (made.Status, made.Text("id"), made.Number("version"), made.Text("workflow")));
        Assert.Equal(HttpStatusCode.OK, (await Api.Put("/patterns/clip/versions/1", Report)).Status);
        var other = await Api.Put("/patterns/clip/versions/1", """{"workflow":"quick"}""");
        Assert.Equal((HttpStatusCode.Conflict, "pattern-exists"), (other.Status, other.Text("code")));
        Assert.Contains("Register version 2", other.Text("detail"), StringComparison.Ordinal);
        await Api.Put("/patterns/clip/versions/2", """{"workflow":"quick"}""");
        await Api.Put("/patterns/a/versions/1", """{"workflow":"quick"}""");

        var page = await Api.Get("/patterns?limit=2");
        Assert.Equal(["a", "clip"], page.At("patterns").EnumerateArray().Select(pattern => pattern.GetProperty("id").GetString()));
        Assert.Equal(2, (await Api.Get($"/patterns?limit=2&cursor={page.Text("next")}")).Number("patterns.0.version"));
        Assert.Equal(2, (await Api.Get("/patterns/clip/versions")).At("patterns").GetArrayLength());
        Assert.Equal("${params.clip}.mp4", (await Api.Get("/patterns/clip/versions/1")).Text("input.video"));
        Assert.Equal("unknown-pattern", (await Api.Get("/patterns/clip/versions/9")).Text("code"));
        Assert.Equal("unknown-pattern", (await Api.Get("/patterns/nobody/versions")).Text("code"));
    }

    [Theory]
    [InlineData("{}", "workflow", "give either a workflow or a definition")]
    [InlineData("""{"workflow":"quick","input":{"x":"${params.y"}}""", "input.x", "not closed")]
    [InlineData("""{"workflow":"quick","input":{"x":"${steps.a.output}"}}""", "input.x", "names here are params")]
    [InlineData("""{"workflow":"quick","params":{"type":"nothing"}}""", "params.type", "nothing")]
    [InlineData("""{"workflow":"quick","params":{"properties":{"a":{}},"additionalProperties":false},"input":{"x":"${params.b}"}}""", "input.x", "cannot exist")]
    [InlineData("""{"workflow":"quick","labels":{"x":1}}""", "labels", "values are texts")]
    [InlineData("""{"workflow":"quick","priority":{}}""", "priority", "must be a number")]
    public async Task AWrongPattern_IsRefused_WithItsPlace(string body, string path, string message)
    {
        var answer = await Api.Put("/patterns/x/versions/1", body);

        Assert.Equal((HttpStatusCode.BadRequest, "invalid-pattern"), (answer.Status, answer.Text("code")));
        Assert.Contains(answer.At("faults").EnumerateArray(), fault =>
            fault.GetProperty("path").GetString() == path && fault.GetProperty("message").GetString()!.Contains(message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task AJobOfAPattern_HasItsParameters_AndIsOnePerKey()
    {
        await Api.Put("/patterns/clip/versions/1", Report);

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Api.Post("/patterns/clip/jobs", """{"params":{"clip":"a","urgent":9},"idempotency_key":"k"}""", ("x-correlation-id", "same"))));

        Assert.Single(answers, answer => answer.Status == HttpStatusCode.Created);
        var job = await Api.Get($"/jobs/{answers[0].Text("id")}");
        Assert.All(answers, answer => Assert.Equal(job.Text("id"), answer.Text("id")));
        Assert.Equal(("a.mp4", "a", "clip", 9L), (job.Text("input.video"), job.Text("labels.clip"), job.Text("labels.pattern"), job.Number("priority")));
        Assert.Equal("idempotency-conflict", (await Api.Post("/patterns/clip/jobs", """{"params":{"clip":"b"},"idempotency_key":"k"}""")).Text("code"));
        Assert.Equal("invalid-params", (await Api.Post("/patterns/clip/jobs", """{"params":{"clop":"b"}}""")).Text("code"));
        Assert.Equal("unknown-pattern", (await Api.Post("/patterns/clap/jobs")).Text("code"));
    }

    [Fact]
    public async Task AnotherJob_UsesAPattern()
    {
        await Api.Put("/patterns/clip/versions/1", Report);
        await Api.Register(
            """
            name: parent
            version: 1
            steps:
              - { id: child, uses: workflow.run, with: { pattern: clip, params: { clip: "${input.clip}" }, labels: { by: parent } } }
            output: { child: "${steps.child.output.job_id}" }
            """);

        var parent = await Until(await Api.Create("""{"workflow":"parent","input":{"clip":"z"}}"""), "completed");
        var child = await Api.Get($"/jobs/{parent.Text("output.child")}");
        Assert.Equal(("z.mp4", "z", "parent"), (child.Text("input.video"), child.Text("labels.clip"), child.Text("labels.by")));

        var wrong = await Until(await Api.Create("""{"workflow":"parent","input":{"clip":7}}"""), "failed");
        Assert.Contains("do not fit pattern clip", wrong.Text("failure.message"), StringComparison.Ordinal);
    }
}
