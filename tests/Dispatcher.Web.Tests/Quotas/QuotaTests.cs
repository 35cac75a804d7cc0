using System.Net;
using System.Text.Json;
using Dispatcher.Web.Tests.Support;

namespace Dispatcher.Web.Tests.Quotas;

/// <summary>/quota, for callers that run no job.</summary>
public sealed class QuotaTests : ServiceTest
{
    [Fact]
    public async Task Set_MakesAnAccount_ThatIsShownAndListed()
    {
        Assert.Equal((HttpStatusCode.NotFound, "not-found"), StatusAndCode(await Api.Get("/quota/minutes")));
        var made = await Api.Put("/quota/minutes", """{"plan":"free","limit":100,"upgrade":"https://example.org/plans"}""");
        Assert.Equal(HttpStatusCode.OK, made.Status);
        Assert.Equal("free/100/0/0/100/0/https://example.org/plans", Shown((await Api.Get("/quota/minutes")).Json));
        await Api.Put("/quota/calls", """{"plan":"free","limit":5}""");
        var list = await Api.Get("/quota?limit=1");
        Assert.Equal("calls", list.Text("items.0.meter"));
        var next = await Api.Get($"/quota?limit=1&cursor={list.Text("next")}");
        Assert.Equal("minutes", next.Text("items.0.meter"));
        Assert.Equal(0, (await Api.Get($"/quota?cursor={next.Text("next")}")).At("items").GetArrayLength());
    }

    [Fact]
    public async Task Reserve_Commit_AndRollback_TakeEffectOnce()
    {
        await Api.Put("/quota/minutes", """{"plan":"free","limit":100}""");
        var first = await Api.Post("/quota/minutes/reserve", """{"reservation_id":"s-1","amount":14.2,"hold":"2h"}""");
        Assert.Equal((HttpStatusCode.Created, "held", 15L, 85L), (first.Status, first.Text("status"), first.Number("amount"), first.Number("quota.remaining")));
        var again = await Api.Post("/quota/minutes/reserve", """{"reservation_id":"s-1","amount":15}""");
        Assert.Equal((HttpStatusCode.OK, 15L), (again.Status, again.Number("quota.reserved")));
        Assert.Equal((HttpStatusCode.Conflict, "quota-conflict"), StatusAndCode(await Api.Post("/quota/minutes/reserve", """{"reservation_id":"s-1","amount":16}""")));

        var committed = await Api.Post("/quota/minutes/commit", """{"reservation_id":"s-1","amount":11.4}""");
        Assert.Equal((HttpStatusCode.OK, "committed", 12L, 0L), (committed.Status, committed.Text("status"), committed.Number("charged"), committed.Number("overage")));
        Assert.Equal((11.4m, 12L, 0L), (committed.At("raw").GetDecimal(), committed.Number("quota.used"), committed.Number("quota.reserved")));
        Assert.Equal(12, (await Api.Post("/quota/minutes/commit", """{"reservation_id":"s-1","amount":99}""")).Number("quota.used"));
        Assert.Equal((HttpStatusCode.Conflict, "quota-conflict"), StatusAndCode(await Api.Post("/quota/minutes/rollback", """{"reservation_id":"s-1"}""")));

        var ended = await Api.Post("/quota/minutes/reserve", """{"reservation_id":"s-1","amount":15}""");
        Assert.Equal((HttpStatusCode.Conflict, "quota-conflict"), StatusAndCode(ended));
        Assert.Contains("made for 15 units and is committed", ended.Text("detail"), StringComparison.Ordinal);

        var unnamed = await Api.Post("/quota/minutes/reserve", """{"amount":20}""");
        var back = await Api.Post("/quota/minutes/rollback", $$"""{"reservation_id":"{{unnamed.Text("reservation_id")}}"}""");
        Assert.Equal(("rolled-back", 0L, 12L), (back.Text("status"), back.Number("quota.reserved"), back.Number("quota.used")));
        Assert.Equal((HttpStatusCode.NotFound, "unknown-reservation"), StatusAndCode(await Api.Post("/quota/minutes/rollback", """{"reservation_id":"nobody"}""")));
    }

    [Fact]
    public async Task Reserve_SaysWhatIsMissing_AndHowToGetMore()
    {
        Assert.False((await Api.Post("/quota/minutes/check", """{"amount":1}""")).At("allowed").GetBoolean());
        var none = await Api.Post("/quota/minutes/reserve", """{"amount":1}""");
        Assert.Equal((HttpStatusCode.PaymentRequired, "quota-exceeded", "minutes", 1L, false), (none.Status, none.Text("code"), none.Text("meter"), none.Number("needed"), none.Has("plan")));

        await Api.Put("/quota/minutes", """{"plan":"free","limit":10,"upgrade":"ask us"}""");
        await Api.Post("/quota/minutes/reserve", """{"reservation_id":"a","amount":7}""");
        Assert.True((await Api.Post("/quota/minutes/check", """{"amount":2.5}""")).At("allowed").GetBoolean());
        var check = await Api.Post("/quota/minutes/check", """{"amount":3.5}""");
        Assert.Equal((false, 4L, 3L), (check.At("allowed").GetBoolean(), check.Number("needed"), check.Number("quota.remaining")));
        var short_ = await Api.Post("/quota/minutes/reserve", """{"amount":4}""");
        Assert.Equal(HttpStatusCode.PaymentRequired, short_.Status);
        Assert.Equal("minutes/4/free/10/0/7/3/ask us", string.Join('/', new[] { "meter", "needed", "plan", "limit", "used", "reserved", "remaining", "upgrade" }.Select(name => short_.At(name))));
    }

    [Fact]
    public async Task Set_RefusesALimitBelowWhatIsInUse_UntilAPeriodBegins()
    {
        await Api.Put("/quota/minutes", """{"plan":"free","limit":100}""");
        await Api.Post("/quota/minutes/reserve", """{"reservation_id":"a","amount":60}""");
        await Api.Post("/quota/minutes/commit", """{"reservation_id":"a","amount":60}""");
        var refused = await Api.Put("/quota/minutes", """{"plan":"small","limit":50}""");
        Assert.Equal((HttpStatusCode.Conflict, "quota-in-use"), StatusAndCode(refused));
        Assert.Contains("60 used and 0 reserved", refused.Text("detail"), StringComparison.Ordinal);
        const string december = """{"plan":"small","limit":50,"period":"2026-12"}""";
        Assert.Equal("small/50/0/0/50/0/", Shown((await Api.Put("/quota/minutes", december)).Json));
        await Api.Post("/quota/minutes/reserve", """{"reservation_id":"b","amount":20}""");
        await Api.Post("/quota/minutes/commit", """{"reservation_id":"b","amount":20}""");
        var again = await Api.Put("/quota/minutes", december);
        Assert.Equal(("small/50/20/0/30/0/", "2026-12"), (Shown(again.Json), again.Text("period")));
    }

    [Fact]
    public async Task Ledger_TellsWhatHappened_NewestFirst()
    {
        await Api.Put("/quota/minutes", """{"plan":"free","limit":10}""");
        await Api.Post("/quota/minutes/reserve", """{"reservation_id":"a","amount":7}""");
        await Api.Post("/quota/minutes/commit", """{"reservation_id":"a","amount":12.5}""");
        var page = await Api.Get("/quota/minutes/ledger?limit=2");
        Assert.Equal("committed/a/7/10/3/12.5/10/0", string.Join('/', new[] { "kind", "reservation_id", "amount", "charged", "overage", "raw", "used", "reserved" }.Select(name => page.At($"entries.0.{name}"))));
        Assert.Equal("reserved", page.Text("entries.1.kind"));
        var next = await Api.Get($"/quota/minutes/ledger?cursor={page.Text("next")}");
        Assert.Equal(("planned", 1), (next.Text("entries.0.kind"), next.At("entries").GetArrayLength()));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid-cursor"), StatusAndCode(await Api.Get($"/quota?cursor={page.Text("next")}")));
    }

    [Theory]
    [InlineData("PUT", "/quota/Minutes", """{"plan":"free","limit":1}""", "meter")]
    [InlineData("PUT", "/quota/minutes", """{"plan":"","limit":1}""", "plan")]
    [InlineData("PUT", "/quota/minutes", """{"plan":"free","limit":-1}""", "limit")]
    [InlineData("PUT", "/quota/minutes", """{"plan":"free","limit":1000000000001}""", "limit")]
    [InlineData("PUT", "/quota/minutes", """{"plan":"free","limit":1,"tenant":"No"}""", "tenant")]
    [InlineData("POST", "/quota/minutes/check", """{"amount":-0.5}""", "amount")]
    [InlineData("POST", "/quota/minutes/reserve", """{"amount":1e13}""", "amount")]
    [InlineData("POST", "/quota/minutes/reserve", """{"amount":1,"reservation_id":""}""", "reservation_id")]
    [InlineData("PUT", "/quota/minutes", """{"plan":"free","limit":1,"period":""}""", "period")]
    [InlineData("POST", "/quota/minutes/reserve", """{"amount":1,"reservation_id":"job:01890000-0000-7000-8000-000000000000"}""", "reservation_id")]
    [InlineData("POST", "/quota/minutes/reserve", """{"amount":1,"hold":"soon"}""", "hold")]
    [InlineData("POST", "/quota/minutes/reserve", """{"amount":1,"hold":"0s"}""", "hold")]
    [InlineData("POST", "/quota/minutes/commit", """{"amount":-1,"reservation_id":"a"}""", "amount")]
    [InlineData("GET", "/quota?limit=0", null, "limit")]
    [InlineData("GET", "/quota?lim=1", null, "lim")]
    public async Task Mistakes_AreNamed(string method, string path, string? body, string field)
    {
        using var content = body is null ? null : new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        var answer = await Api.Send(new HttpMethod(method), path, content);
        Assert.Equal((HttpStatusCode.BadRequest, "invalid-request", field), (answer.Status, answer.Text("code"), answer.Text("faults.0.path")));
    }

    [Fact]
    public async Task AnAdmin_SetsPlansOfItsOwnTenantOnly_AndNobodySeesAnothers()
    {
        Assert.Equal(HttpStatusCode.OK, (await Api.Put("/quota/minutes", """{"plan":"free","limit":7,"tenant":"other"}""")).Status);
        Assert.Equal((HttpStatusCode.NotFound, "not-found"), StatusAndCode(await Api.Get("/quota/minutes")));
        Assert.Equal(0, (await Api.Get("/quota")).At("items").GetArrayLength());
        Assert.Equal(0, (await Api.Get("/quota/minutes/ledger")).At("entries").GetArrayLength());
        Assert.Equal(HttpStatusCode.PaymentRequired, (await Api.Post("/quota/minutes/reserve", """{"amount":1}""")).Status);
        var (_, admin) = await Service.MakeKey(by: null, "admin");
        var answer = await Service.Status(HttpMethod.Put, "/api/v1/quota/minutes", admin, new { plan = "free", limit = 5, tenant = "other" });
        Assert.Equal(HttpStatusCode.Forbidden, answer);
        Assert.Equal(HttpStatusCode.OK, await Service.Status(HttpMethod.Put, "/api/v1/quota/minutes", admin, new { plan = "free", limit = 5 }));
    }

    private static (HttpStatusCode, string) StatusAndCode(Answer answer) => (answer.Status, answer.Text("code"));

    private static string Shown(JsonElement quota) => string.Join('/', new[] { "plan", "limit", "used", "reserved", "remaining", "overage", "upgrade" }.Select(name => quota.TryGetProperty(name, out var value) ? value.ToString() : ""));
}
