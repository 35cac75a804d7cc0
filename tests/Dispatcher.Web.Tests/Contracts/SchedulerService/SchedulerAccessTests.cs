using System.Net;
using System.Net.Http.Headers;
using Dispatcher.Web.Access;
using Dispatcher.Web.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Dispatcher.Web.Tests.Contracts.SchedulerService;

/// <summary>Who may do what: tenants are those of the keys, and another tenant's jobs are not there.</summary>
public sealed class SchedulerAccessTests : SchedulerServiceTest
{
    [Fact]
    public async Task WithoutAKey_OrWithAWrongOne_NothingIsDone()
    {
        await Key("acme", "submitter");

        Assert.Equal(HttpStatusCode.Unauthorized, (await Ops("list_jobs")).Status);
        using var wrong = Client($"dk_{new string('a', 12)}_{new string('b', 43)}");
        Assert.Equal(HttpStatusCode.Unauthorized, (await wrong.Post("/api/scheduler_ops", """{"action":"list_jobs","metadata":{}}""")).Status);
    }

    [Fact]
    public async Task AViewer_Reads_AndChangesNothing()
    {
        using var viewer = Client(await Key("acme", "viewer"));

        Assert.Equal(0, (await viewer.Post("/api/scheduler_ops", """{"action":"list_jobs","metadata":{}}""")).Number("total_count"));
        foreach (var action in new[] { "create_job", "update_job", "delete_job", "run_job", "register_job_pattern", "trigger_job_from_orchestration" })
            AssertError(await viewer.Post("/api/scheduler_ops", $$"""{"action":"{{action}}","job":{"id":"x","name":"n"},"metadata":{} }"""), 403, $"the action {action} needs the role submitter");
    }

    [Fact]
    public async Task AnotherTenantsJobs_AreNotThere()
    {
        using var acme = Client(await Key("acme", "submitter"));
        using var globex = Client(await Key("globex", "submitter"));
        Assert.Equal(HttpStatusCode.OK, (await acme.Post("/api/scheduler_ops", """{"action":"create_job","job":{"id":"j","name":"secret","metadata":{}}}""")).Status);

        foreach (var action in new[] { "get_job", "update_job", "delete_job", "run_job", "list_job_runs", "get_job_status" })
        {
            var foreign = await globex.Post("/api/scheduler_ops", $$"""{"action":"{{action}}","job":{"id":"j","name":"n"},"metadata":{} }""");
            var nobodys = await globex.Post("/api/scheduler_ops", $$"""{"action":"{{action}}","job":{"id":"k","name":"n"},"metadata":{} }""");
            AssertError(foreign, 404, "job not found: j");
            Assert.Equal(nobodys.Content.Replace("k", "j", StringComparison.Ordinal), foreign.Content.Replace("k", "j", StringComparison.Ordinal));
        }

        Assert.Equal(0, (await globex.Post("/api/scheduler_ops", """{"action":"list_jobs","metadata":{}}""")).Number("total_count"));
        AssertError(await globex.Post("/api/scheduler_ops", """{"action":"trigger_job_from_orchestration","id":"j","metadata":{}}"""), 404, "job or pattern not found: j");
        AssertError(await globex.Post("/api/scheduler_ops", """{"action":"create_job","job":{"id":"d","name":"n","metadata":{"scheduling":{"dependencies":["j"]}}}}"""), 400, "there is no such schedule");
        Assert.Equal("[]", (await globex.Post("/api/scheduler_ops", """{"action":"get_job_graph","metadata":{}}""")).At("nodes").GetRawText());
        // The same id is another job of another tenant.
        Assert.Equal(HttpStatusCode.OK, (await globex.Post("/api/scheduler_ops", """{"action":"create_job","job":{"id":"j","name":"own","metadata":{}}}""")).Status);
        Assert.Equal("secret", (await acme.Post("/api/scheduler_ops", """{"action":"get_job","job_id":"j","metadata":{}}""")).Text("job.name"));
    }

    /// <summary>Who may submit jobs does not undo what an operator did.</summary>
    [Fact]
    public async Task AnOperatorsPause_IsEndedByOperatorsAlone()
    {
        using var ada = Client(await Key("acme", "submitter"));
        using var ops = Client(await Key("acme", "operator"));
        const string active = """{"action":"update_job","job":{"id":"j","status":"ACTIVE","metadata":{}}}""";
        await ada.Post("/api/scheduler_ops", """{"action":"create_job","job":{"id":"j","name":"n","metadata":{}}}""");
        // One's own pause is one's own.
        await ada.Post("/api/scheduler_ops", """{"action":"update_job","job":{"id":"j","status":"PAUSED","metadata":{}}}""");
        Assert.Equal("JOB_STATUS_ACTIVE", (await ada.Post("/api/scheduler_ops", active)).Text("job.status"));

        Assert.Equal(HttpStatusCode.OK, (await ops.Post("/api/v1/schedules/j/pause", """{"reason":"broken"}""")).Status);
        AssertError(await ada.Post("/api/scheduler_ops", active), 403, "needs the role operator");
        Assert.Equal("JOB_STATUS_PAUSED", (await ada.Post("/api/scheduler_ops", """{"action":"update_job","job":{"id":"j","name":"m","status":"PAUSED","metadata":{}}}""")).Text("job.status"));
        Assert.Equal("JOB_STATUS_DISABLED", (await ada.Post("/api/scheduler_ops", """{"action":"update_job","job":{"id":"j","status":"DISABLED","metadata":{}}}""")).Text("job.status"));
        AssertError(await ada.Post("/api/scheduler_ops", active), 403, "needs the role operator");
        Assert.Equal("broken", (await ops.Get("/api/v1/schedules/j")).Text("pause.reason"));
    }

    private Api Client(string key)
    {
        var client = new HttpClient { BaseAddress = Service.Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return new Api(client);
    }

    private async Task<string> Key(string tenant, string role)
    {
        var made = await Service.Json(HttpMethod.Post, "/api/v1/keys", Service.Services.GetRequiredService<OperatorKey>().Text, new { tenant, roles = new[] { role } }, HttpStatusCode.Created);
        return made.GetProperty("key").GetString()!;
    }
}
