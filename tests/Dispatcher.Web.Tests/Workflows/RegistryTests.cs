using System.Net;
using Dispatcher.Web.Tests.Support;

namespace Dispatcher.Web.Tests.Workflows;

/// <summary>PUT and GET /workflows.</summary>
public sealed class RegistryTests : ServiceTest
{
    [Fact]
    public async Task Register_KeepsAVersionForEver()
    {
        var created = await Api.Put("/workflows/quick/versions/1", Support.Workflows.Quick, "application/yaml");
        var same = await Api.Put("/workflows/quick/versions/1", """{"version":1,"name":"quick","steps":[{"uses":"noop","id":"one"}]}""");
        var different = await Api.Put("/workflows/quick/versions/1", """{"version":1,"name":"quick","steps":[{"uses":"noop","id":"two"}]}""");

        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.OK), (created.Status, same.Status));
        Assert.Equal("/api/v1/workflows/quick/versions/1", created.Headers.Location!.ToString());
        Assert.Equal((HttpStatusCode.Conflict, "workflow-exists"), (different.Status, different.Text("code")));
    }

    [Fact]
    public async Task Show_GivesTheDefinition()
    {
        await Api.Register(Support.Workflows.Guarded);

        var answer = await Api.Get("/workflows/guarded/versions/1");

        Assert.True(answer.At("approval_required").GetBoolean());
        Assert.Equal(("wait", "delay"), (answer.Text("steps.0.id"), answer.Text("definition.steps.0.uses")));
    }

    [Fact]
    public async Task Register_TellsEachFaultWithItsPlace_WhenTheDefinitionIsWrong()
    {
        var answer = await Api.Put("/workflows/w/versions/1", "name: w\nversion: 1\nsteps:\n  - id: a\n    uses: nop\n    timeout: soon\n", "text/yaml");

        Assert.Equal((HttpStatusCode.UnprocessableEntity, "invalid-definition"), (answer.Status, answer.Text("code")));
        Assert.Equal((6, "steps[0].timeout"), (answer.Number("faults.0.line"), answer.Text("faults.0.path")));
    }

    [Theory]
    [InlineData("/workflows/other/versions/1", "application/yaml", "400 name-mismatch")]
    [InlineData("/workflows/quick/versions/2", "application/yaml", "400 name-mismatch")]
    [InlineData("/workflows/quick/versions/1", "text/plain", "415 unsupported-media-type")]
    [InlineData("/workflows/quick/versions/1", "application/json", "400 invalid-json")]
    [InlineData("/workflows/dispatcher-bulk/versions/1", "application/yaml", "400 reserved-name")]
    public async Task Register_IsRefused_WhenTheRequestDoesNotAgreeWithItself(string path, string contentType, string expected)
    {
        var answer = await Api.Put(path, Support.Workflows.Quick, contentType);

        Assert.Equal(expected, $"{(int)answer.Status} {answer.Text("code")}");
    }

    [Fact]
    public async Task Register_IsRefused_WhenTheBodyIsNotUtf8()
    {
        using var body = new ByteArrayContent([0x6E, 0xFF, 0x61]) { Headers = { { "Content-Type", "application/yaml" } } };

        var answer = await Api.Send(HttpMethod.Put, "/workflows/w/versions/1", body);

        Assert.Equal((HttpStatusCode.BadRequest, "invalid-encoding"), (answer.Status, answer.Text("code")));
    }

    [Fact]
    public async Task List_GivesEachNameWithItsNewestVersion_InPages()
    {
        foreach (var name in new[] { "c", "a", "b" })
        {
            for (var version = 1; version <= 3; version++)
                await Api.Put($"/workflows/{name}/versions/{version}", $"name: {name}\nversion: {version}\nsteps: [{{ id: one, uses: noop }}]\n", "application/yaml");
        }

        var first = await Api.Get("/workflows?limit=2");
        var second = await Api.Get($"/workflows?limit=2&cursor={first.Text("next")}");
        var versions = await Api.Get("/workflows/b/versions?limit=2");
        var rest = await Api.Get($"/workflows/b/versions?limit=2&cursor={versions.Text("next")}");

        Assert.Equal(["a 3", "b 3"], Names(first));
        Assert.Equal(["c 3"], Names(second));
        Assert.False(second.Has("next"));
        Assert.Equal(["b 1", "b 2"], Names(versions));
        Assert.Equal(["b 3"], Names(rest));

        static IEnumerable<string> Names(Answer page) =>
            page.At("workflows").EnumerateArray().Select(item => $"{item.GetProperty("name").GetString()} {item.GetProperty("version").GetInt32()}");
    }

    [Theory]
    [InlineData("/workflows/nobody/versions/1", "404 unknown-workflow")]
    [InlineData("/workflows/nobody/versions", "404 unknown-workflow")]
    [InlineData("/workflows?cursor=abc", "400 invalid-cursor")]
    [InlineData("/workflows?limit=0", "400 invalid-request")]
    public async Task Reads_AreRefused_WhenNothingIsMeantByThem(string path, string expected)
    {
        var answer = await Api.Get(path);

        Assert.Equal(expected, $"{(int)answer.Status} {answer.Text("code")}");
    }
}
