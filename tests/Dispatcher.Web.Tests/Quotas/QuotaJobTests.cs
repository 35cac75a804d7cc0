using System.Net;
using Dispatcher.Web.Tests.Support;

namespace Dispatcher.Web.Tests.Quotas;

/// <summary>Jobs whose workflow takes something of a meter, over REST.</summary>
public sealed class QuotaJobTests : ServiceTest
{
    private const string Metered =
        """
        name: metered
        version: 1
        quota: { meter: minutes, estimate: "${input.minutes}", actual: "${steps.a.output.used}", hold: 2h }
        steps:
          - id: a
            uses: noop
            with: { used: 6.5 }
        """;

    private const string Waiting =
        """
        name: waiting
        version: 1
        approval: required
        quota: { meter: minutes, estimate: "${input.minutes}" }
        steps:
          - id: a
            uses: noop
        """;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        await Api.Register(Metered);
        await Api.Register(Waiting);
    }

    [Fact]
    public async Task AJob_ReservesAndIsCharged()
    {
        await Api.Put("/quota/minutes", """{"plan":"free","limit":100}""");
        var id = await Api.Create("""{"workflow":"metered","input":{"minutes":10}}""");
        var job = await Until(id, "completed");
        Assert.Equal("minutes/10/7/6.5", string.Join('/', new[] { "meter", "reserved", "charged", "raw" }.Select(name => job.At($"quota.{name}"))));
        Assert.Equal((7L, 0L), ((await Api.Get("/quota/minutes")).Number("used"), (await Api.Get("/quota/minutes")).Number("reserved")));
        Assert.Equal(id, (await Api.Get("/quota/minutes/ledger")).Text("entries.0.job_id"));
    }

    [Fact]
    public async Task AJob_IsRefusedWith402_AndMadeUnderTheSameKey_AfterAnUpgrade()
    {
        const string body = """{"workflow":"waiting","input":{"minutes":10},"idempotency_key":"k"}""";
        var none = await Api.Post("/jobs", body);
        Assert.Equal((HttpStatusCode.PaymentRequired, "quota-exceeded", "minutes", 10L), (none.Status, none.Text("code"), none.Text("meter"), none.Number("needed")));

        await Api.Put("/quota/minutes", """{"plan":"free","limit":8,"upgrade":"https://example.org/plans"}""");
        var refused = await Api.Post("/jobs", body);
        Assert.Equal(HttpStatusCode.PaymentRequired, refused.Status);
        Assert.Equal("free/8/0/0/8/10/https://example.org/plans", string.Join('/', new[] { "plan", "limit", "used", "reserved", "remaining", "needed", "upgrade" }.Select(name => refused.At(name))));
        Assert.Equal(0, (await Api.Get("/jobs")).At("jobs").GetArrayLength());

        await Api.Put("/quota/minutes", """{"plan":"pro","limit":80}""");
        Assert.Equal(HttpStatusCode.Created, (await Api.Post("/jobs", body)).Status);
        Assert.Equal(HttpStatusCode.OK, (await Api.Post("/jobs", body)).Status);
        Assert.Equal(10, (await Api.Get("/quota/minutes")).Number("reserved"));
    }

    [Fact]
    public async Task AHundredOfOneKey_AreOneJobAndOneReservation()
    {
        await Api.Put("/quota/minutes", """{"plan":"free","limit":10}""");
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Api.Post("/jobs", """{"workflow":"waiting","input":{"minutes":10},"idempotency_key":"k"}""")));
        Assert.Single(answers, answer => answer.Status == HttpStatusCode.Created);
        Assert.Equal(99, answers.Count(answer => answer.Status == HttpStatusCode.OK));
        Assert.Single(answers.Select(answer => answer.Text("id")).Distinct());
        Assert.Equal(10, (await Api.Get("/quota/minutes")).Number("reserved"));
    }

    [Fact]
    public async Task ABatch_TellsForEachItem()
    {
        await Api.Put("/quota/minutes", """{"plan":"free","limit":25,"upgrade":"ask us"}""");
        var answer = await Api.Post("/jobs:batch", """
            {"jobs":[
              {"workflow":"waiting","input":{"minutes":10}},
              {"workflow":"waiting","input":{"minutes":30}},
              {"workflow":"waiting","input":{"minutes":15}},
              {"workflow":"waiting","input":{}}
            ]}
            """);
        Assert.Equal([201, 402, 201, 422], answer.At("results").EnumerateArray().Select(result => result.GetProperty("status").GetInt32()));
        Assert.Equal(("quota-exceeded", 30L, "ask us"), (answer.Text("results.1.error.code"), answer.Number("results.1.error.quota.needed"), answer.Text("results.1.error.quota.upgrade")));
        Assert.Equal("invalid-quota", answer.Text("results.3.error.code"));
    }

    [Fact]
    public async Task ARecovery_IsRefusedWith402_WhenThereIsNotEnough()
    {
        await Api.Register("name: broken\nversion: 1\nquota: { meter: minutes, estimate: 10 }\nsteps:\n  - id: a\n    uses: fail\n");
        await Api.Put("/quota/minutes", """{"plan":"free","limit":10}""");
        var id = await Api.Create("""{"workflow":"broken"}""");
        await Until(id, "failed");
        await Api.Create("""{"workflow":"waiting","input":{"minutes":5}}""");
        var refused = await Api.Post($"/jobs/{id}/recover", """{"from_step":"a"}""");
        Assert.Equal((HttpStatusCode.PaymentRequired, "quota-exceeded", id, "failed", 5L), (refused.Status, refused.Text("code"), refused.Text("job_id"), refused.Text("job_status"), refused.Number("remaining")));
    }

    [Fact]
    public async Task TheHoldOfAJob_IsNotForOthersToEnd()
    {
        await Api.Put("/quota/minutes", """{"plan":"free","limit":10}""");
        var id = await Api.Create("""{"workflow":"waiting","input":{"minutes":10}}""");
        var refused = await Api.Post("/quota/minutes/rollback", $$"""{"reservation_id":"job:{{id}}"}""");
        Assert.Equal((HttpStatusCode.Conflict, "quota-conflict"), (refused.Status, refused.Text("code")));
        await Api.Post($"/jobs/{id}/cancel");
        Assert.Equal(0, (await Api.Get("/quota/minutes")).Number("reserved"));
    }

    [Fact]
    public async Task AWrongSection_IsAFaultOfTheDefinition()
    {
        var answer = await Api.Put("/workflows/wrong/versions/1", "name: wrong\nversion: 1\nquota: { meter: minutes, estimat: 5 }\nsteps:\n  - id: a\n    uses: noop\n", "application/yaml");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.Status);
        Assert.Contains("did you mean 'estimate'?", answer.Content, StringComparison.Ordinal);
    }
}
