using System.Net;
using System.Text;
using Dispatcher.Web.Tests.Support;

namespace Dispatcher.Web.Tests.Jobs;

/// <summary>Requests for jobs that are JSON of the right form and all the same wrong: each field is named. What is no such JSON is in JsonProblemTests.</summary>
public sealed class BadInputTests : ServiceTest
{
    [Theory]
    [InlineData("""{}""", "workflow")]
    [InlineData("""{"workflow":"quick","definition":{}}""", "definition")]
    [InlineData("""{"definition":{},"version":1}""", "version")]
    [InlineData("""{"definition":[]}""", "definition")]
    [InlineData("""{"workflow":"quick","version":0}""", "version")]
    [InlineData("""{"workflow":"quick","version":-2147483648}""", "version")]
    [InlineData("""{"workflow":"quick","input":[1]}""", "input")]
    [InlineData("""{"workflow":"quick","input":"text"}""", "input")]
    [InlineData("""{"workflow":"quick","input":1e400}""", "input")]
    [InlineData("""{"workflow":"quick","priority":101}""", "priority")]
    [InlineData("""{"workflow":"quick","priority":-101}""", "priority")]
    [InlineData("""{"workflow":"quick","priority":2147483647}""", "priority")]
    [InlineData("""{"workflow":"quick","idempotency_key":""}""", "idempotency_key")]
    [InlineData("""{"workflow":"quick","idempotency_key":"a\u0007b"}""", "idempotency_key")]
    [InlineData("""{"workflow":"quick","idempotency_key":"schedule:nightly@2026-12-01T09:00:00Z"}""", "idempotency_key")]
    [InlineData("""{"workflow":"quick","idempotency_key":"workflow-coordinator:7:r2"}""", "idempotency_key")]
    [InlineData("""{"workflow":"quick","labels":{"schedule":"nightly"}}""", "labels.schedule")]
    [InlineData("""{"workflow":"quick","correlation_id":""}""", "correlation_id")]
    [InlineData("""{"workflow":"quick","labels":{"":"x"}}""", "labels.")]
    [InlineData("""{"workflow":"quick","labels":{"a=b":"x"}}""", "labels.a=b")]
    [InlineData("""{"workflow":"quick","depends_on":["x"]}""", "depends_on[0]")]
    [InlineData("""{"workflow":"quick","depends_on":["#0"]}""", "depends_on[0]")]
    [InlineData("""{"workflow":"quick","callback":{"url":"ftp://example.com/"}}""", "callback")]
    [InlineData("""{"workflow":"quick","callback":{"url":"/relative"}}""", "callback")]
    [InlineData("""{"workflow":"quick","callback":{"url":"http://user:pw@example.com/"}}""", "callback")]
    [InlineData("""{"workflow":"quick","callback":{"url":"http://example.com/","events":["job.exploded"]}}""", "callback")]
    [InlineData("""{"workflow":"quick","callback":{"url":"http://example.com/","events":[]}}""", "callback")]
    public async Task Create_NamesTheField_ThatIsWrong(string body, string field)
    {
        await Api.Register(Support.Workflows.Quick);

        var answer = await Api.Post("/jobs", body);

        Assert.True((answer.Status, answer.Text("code"), answer.Text("faults.0.path")) == (HttpStatusCode.BadRequest, "invalid-request", field), answer.ToString());
    }

    [Theory]
    [InlineData("""{"workflow":"quick","start_at":"2200-01-01T00:00:00"}""")]
    [InlineData("""{"workflow":"quick","start_at":"2200-01-01"}""")]
    [InlineData("""{"workflow":"quick","start_at":"2200-13-01T00:00:00Z"}""")]
    [InlineData("""{"workflow":"quick","start_at":7258118400}""")]
    [InlineData("""{"workflow":"quick","on_dependency_failure":"explode"}""")]
    [InlineData("""{"workflow":"quick","on_dependency_failure":0}""")]
    [InlineData("""{"workflow":"quick","priority":1.5}""")]
    [InlineData("""{"workflow":"quick","priority":"1"}""")]
    [InlineData("""{"workflow":"quick","priority":99999999999}""")]
    [InlineData("""{"workflow":"quick","labels":{"a":1}}""")]
    [InlineData("""{"workflow":"quick","labels":["a"]}""")]
    [InlineData("""{"workflow":"quick","depends_on":"0198c0de-0000-7000-8000-000000000000"}""")]
    [InlineData("""{"workflow":"quick","labels":{"a":"b","a":"c"}}""")]
    public async Task Create_IsRefused_WhenAValueHasTheWrongType(string body)
    {
        await Api.Register(Support.Workflows.Quick);

        var answer = await Api.Post("/jobs", body);

        Assert.True((answer.Status, answer.Text("code")) == (HttpStatusCode.BadRequest, "invalid-body"), answer.ToString());
    }

    [Fact]
    public async Task Create_TellsAllFaultsAtOnce()
    {
        var answer = await Api.Post("/jobs", """{"workflow":"quick","priority":101,"idempotency_key":"","depends_on":["x","y"],"version":0}""");

        Assert.Equal(["version", "priority", "idempotency_key", "depends_on[0]", "depends_on[1]"], answer.At("faults").EnumerateArray().Select(fault => fault.GetProperty("path").GetString()));
    }

    [Fact]
    public async Task Create_IsRefused_WhenTheInputIsTooLarge()
    {
        await Api.Register(Support.Workflows.Quick);

        var answer = await Api.Post("/jobs", $$$"""{"workflow":"quick","input":{"a":"{{{new string('x', 256 * 1024)}}}"}}""");

        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "payload-too-large"), (answer.Status, answer.Text("code")));
    }

    [Fact]
    public async Task Create_IsRefused_WhenThereAreTooManyOfAThing()
    {
        await Api.Register(Support.Workflows.Quick);
        var labels = string.Join(',', Enumerable.Range(0, 33).Select(n => $"\"l{n}\":\"x\""));
        var jobs = string.Join(',', Enumerable.Repeat("\"0198c0de-0000-7000-8000-000000000000\"", 101));

        Assert.Equal("labels", (await Api.Post("/jobs", $$$"""{"workflow":"quick","labels":{{{{labels}}}}}""")).Text("faults.0.path"));
        Assert.Equal("depends_on", (await Api.Post("/jobs", $$"""{"workflow":"quick","depends_on":[{{jobs}}]}""")).Text("faults.0.path"));
    }

    [Fact]
    public async Task Create_IsRefused_WhenADependencyIsNotThere()
    {
        await Api.Register(Support.Workflows.Quick);

        var answer = await Api.Post("/jobs", """{"workflow":"quick","depends_on":["0198c0de-0000-7000-8000-000000000000"]}""");

        Assert.Equal((HttpStatusCode.UnprocessableEntity, "unknown-dependency"), (answer.Status, answer.Text("code")));
    }

    [Theory]
    [InlineData("pause", """{"reason":7}""")]
    [InlineData("pause", """{"why":"x"}""")]
    [InlineData("recover", """{}""")]
    [InlineData("recover", """{"from_step":null}""")]
    [InlineData("priority", """{"priority":null}""")]
    [InlineData("priority", """{"priority":1,"priority":2}""")]
    [InlineData("approve", """{"step":["a"]}""")]
    public async Task Command_IsRefused_WhenItsBodyIsWrong(string command, string body)
    {
        await Api.Register(Support.Workflows.Slow);
        var id = await Api.Create("""{"workflow":"slow"}""");

        var answer = await Api.Post($"/jobs/{id}/{command}", body);

        Assert.True((answer.Status, answer.Text("code")) == (HttpStatusCode.BadRequest, "invalid-body"), answer.ToString());
    }

    [Fact]
    public async Task Command_IsRefused_WhenItsReasonIsTooLong()
    {
        await Api.Register(Support.Workflows.Slow);
        var id = await Api.Create("""{"workflow":"slow"}""");

        var answer = await Api.Post($"/jobs/{id}/pause", $$"""{"reason":"{{new string('x', 501)}}"}""");

        Assert.Equal((HttpStatusCode.BadRequest, "reason-too-long"), (answer.Status, answer.Text("code")));
    }

    [Fact]
    public async Task Command_IsRefused_WhenItsBodyIsNotUtf8()
    {
        await Api.Register(Support.Workflows.Slow);
        var id = await Api.Create("""{"workflow":"slow"}""");
        using var body = new ByteArrayContent([.. Encoding.ASCII.GetBytes("{\"reason\":\""), 0xC3, 0x28, .. Encoding.ASCII.GetBytes("\"}")]) { Headers = { { "Content-Type", "application/json" } } };

        var answer = await Api.Send(HttpMethod.Post, $"/jobs/{id}/pause", body);

        Assert.Equal((HttpStatusCode.BadRequest, "invalid-json"), (answer.Status, answer.Text("code")));
    }
}
