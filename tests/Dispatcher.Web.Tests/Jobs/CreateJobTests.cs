using System.Net;
using System.Text.Json;
using Dispatcher.Web.Tests.Support;

namespace Dispatcher.Web.Tests.Jobs;

/// <summary>POST /jobs.</summary>
public sealed class CreateJobTests : ServiceTest
{
    [Fact]
    public async Task Create_MakesAJob_ThatRunsToItsEnd()
    {
        await Api.Register(Support.Workflows.Quick);

        var answer = await Api.Post("/jobs", """{"workflow":"quick","input":{"a":1},"priority":5,"labels":{"team":"red"},"correlation_id":"c-1"}""");

        Assert.Equal(HttpStatusCode.Created, answer.Status);
        Assert.Equal($"/api/v1/jobs/{answer.Text("id")}", answer.Headers.Location!.ToString());
        Assert.Equal(("quick", 1), (answer.Text("workflow.name"), answer.Number("workflow.version")));
        var job = await Until(answer.Text("id"), "completed");
        Assert.Equal("""{"a":1}""", job.At("input").GetRawText());
        Assert.Equal((5, "red", "c-1"), (job.Number("priority"), job.Text("labels.team"), job.Text("correlation_id")));
        Assert.Equal("completed", job.Text("steps.0.status"));
        Assert.Equal(100, job.At("progress").GetDouble());
    }

    [Fact]
    public async Task Create_GivesTheSameJob_WhenTheKeyAndTheRequestAreTheSame()
    {
        await Api.Register(Support.Workflows.Quick);
        var first = await Api.Post("/jobs", """{"workflow":"quick","idempotency_key":"k","input":{"b":1,"a":2}}""");

        var again = await Api.Post("/jobs", """{"workflow":"quick","input":{"a":2,"b":1}}""", ("Idempotency-Key", "k"));

        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.OK), (first.Status, again.Status));
        Assert.Equal(first.Text("id"), again.Text("id"));
    }

    [Fact]
    public async Task Create_GivesTheSameJob_WhenANewerVersionWasRegisteredSince()
    {
        await Api.Register(Support.Workflows.Quick);
        var first = await Api.Post("/jobs", """{"workflow":"quick","idempotency_key":"k"}""");
        await Api.Put("/workflows/quick/versions/2", Support.Workflows.Quick.Replace("version: 1", "version: 2", StringComparison.Ordinal), "application/yaml");

        var again = await Api.Post("/jobs", """{"workflow":"quick","idempotency_key":"k"}""");
        var other = await Api.Post("/jobs", """{"workflow":"quick","version":2,"idempotency_key":"k"}""");

        Assert.Equal((HttpStatusCode.OK, first.Text("id")), (again.Status, again.Text("id")));
        Assert.Equal(HttpStatusCode.Conflict, other.Status);
    }

    [Fact]
    public async Task Create_IsRefused_WhenTheKeyBelongsToAnotherRequest()
    {
        await Api.Register(Support.Workflows.Quick);
        var first = await Api.Post("/jobs", """{"workflow":"quick","idempotency_key":"k"}""");

        var other = await Api.Post("/jobs", """{"workflow":"quick","idempotency_key":"k","priority":1}""");

        Assert.Equal((HttpStatusCode.Conflict, "idempotency-conflict"), (other.Status, other.Text("code")));
        Assert.Equal(first.Text("id"), other.Text("job_id"));
    }

    [Fact]
    public async Task Create_IsRefused_WhenHeaderAndBodyNameDifferentKeys()
    {
        await Api.Register(Support.Workflows.Quick);

        var answer = await Api.Post("/jobs", """{"workflow":"quick","idempotency_key":"a"}""", ("Idempotency-Key", "b"));

        Assert.Equal((HttpStatusCode.BadRequest, "idempotency_key"), (answer.Status, answer.Text("faults.0.path")));
    }

    [Fact]
    public async Task Create_SuggestsTheNearestName_WhenThereIsNoSuchWorkflow()
    {
        await Api.Register(Support.Workflows.Quick);

        var name = await Api.Post("/jobs", """{"workflow":"qick"}""");
        var version = await Api.Post("/jobs", """{"workflow":"quick","version":7}""");

        Assert.Equal((HttpStatusCode.NotFound, "unknown-workflow"), (name.Status, name.Text("code")));
        Assert.Contains("did you mean 'quick'?", name.Text("detail"), StringComparison.Ordinal);
        Assert.Contains("newest is 1", version.Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Create_TellsEachFault_WhenTheInputDoesNotFit()
    {
        await Api.Register(Support.Workflows.Picky);

        var answer = await Api.Post("/jobs", """{"workflow":"picky","input":{"quality":11,"colour":"red"}}""");

        Assert.Equal((HttpStatusCode.UnprocessableEntity, "invalid-input"), (answer.Status, answer.Text("code")));
        var paths = answer.At("faults").EnumerateArray().Select(fault => fault.GetProperty("path").GetString());
        Assert.Equal(["input", "input.colour", "input.quality"], paths.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Create_RunsADefinitionOfItsOwn_AndRegistersNothing()
    {
        var answer = await Api.Post("/jobs", """{"definition":{"name":"own","version":1,"steps":[{"id":"a","uses":"noop"}]}}""");
        var other = await Api.Post("/jobs", """{"definition":{"name":"own","version":1,"steps":[{"id":"b","uses":"noop"}]}}""");

        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.Created), (answer.Status, other.Status));
        await Until(answer.Text("id"), "completed");
        Assert.Equal("b", (await Until(other.Text("id"), "completed")).Text("steps.0.id"));
        Assert.Equal(0, (await Api.Get("/workflows")).At("workflows").GetArrayLength());
    }

    [Fact]
    public async Task Create_TellsEachFault_WhenTheDefinitionIsWrong()
    {
        var answer = await Api.Post("/jobs", """{"definition":{"name":"own","version":1,"steps":[{"id":"a","uses":"nop"},{"id":"b","uses":"dispatcher.bulk","needs":["c"]}]}}""");

        Assert.Equal((HttpStatusCode.UnprocessableEntity, "invalid-definition"), (answer.Status, answer.Text("code")));
        Assert.Contains(answer.At("faults").EnumerateArray(), fault => fault.GetProperty("path").GetString() == "definition.steps[1].needs[0]");
    }

    [Fact]
    public async Task Create_WaitsForItsStartTime()
    {
        await Api.Register(Support.Workflows.Quick);

        var id = await Api.Create("""{"workflow":"quick","start_at":"2200-01-01T02:00:00+02:00"}""");

        var job = await Until(id, "scheduled");
        Assert.Equal(DateTimeOffset.Parse("2200-01-01T00:00:00Z", System.Globalization.CultureInfo.InvariantCulture), job.At("start_at").GetDateTimeOffset());
        Assert.Equal("time", job.Text("waits_for.kind"));
    }

    [Fact]
    public async Task Create_SeesANewVersion_AtOnce()
    {
        await Api.Register(Support.Workflows.Quick);
        await Api.Create("""{"workflow":"quick"}""");
        await Api.Put("/workflows/quick/versions/2", Support.Workflows.Quick.Replace("version: 1", "version: 2", StringComparison.Ordinal), "application/yaml");

        var answer = await Api.Post("/jobs", """{"workflow":"quick"}""");

        Assert.Equal(2, answer.Number("workflow.version"));
    }

    [Fact]
    public async Task Create_KeepsTheCallersTrace()
    {
        await Api.Register(Support.Workflows.Quick);
        var answer = await Api.Post("/jobs", """{"workflow":"quick"}""", ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));

        var created = await Api.Get($"/jobs/{answer.Text("id")}/events?limit=1");

        Assert.Contains("0af7651916cd43dd8448eb211c80319c", created.At("events.0.data.spec").GetProperty("trace_parent").GetString(), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Object, created.At("events.0.data").ValueKind);
    }
}
