using System.Net;
using Dispatcher.Web.Access;
using Dispatcher.Web.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Dispatcher.Web.Tests.Access;

/// <summary>A new job names a job of another tenant: the answer is that of a job that does not exist, to the letter.</summary>
public sealed class ForeignJobTests : ServiceTest
{
    private const string Nobody = "0199aaaa-0000-7000-8000-000000000000";

    private Api _acme = null!;
    private Api _globex = null!;
    private string _foreign = "";

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        var byOperator = Service.Services.GetRequiredService<OperatorKey>().Text;
        (_acme, _globex) = (await Tenant("acme", byOperator), await Tenant("globex", byOperator));
        foreach (var api in new[] { _acme, _globex }) await api.Register(Support.Workflows.Quick);
        _foreign = await _acme.Create("""{"workflow":"quick","start_at":"2200-01-01T00:00:00Z"}""");
    }

    public override async Task DisposeAsync()
    {
        _acme.Dispose();
        _globex.Dispose();
        await base.DisposeAsync();
    }

    [Theory]
    [InlineData("""{"workflow":"quick","depends_on":["$job"]}""", "unknown-dependency")]
    [InlineData("""{"workflow":"quick","depends_on":["$job"],"on_dependency_failure":"fail"}""", "unknown-dependency")]
    [InlineData("""{"workflow":"quick","depends_on":["$job"],"on_dependency_failure":"run"}""", "unknown-dependency")]
    [InlineData("""{"workflow":"quick","depends_on":["$job"],"on_dependency_failure":"skip"}""", "unknown-dependency")]
    [InlineData("""{"workflow":"quick","parent":"$job"}""", "unknown-parent")]
    public async Task Create_IsRefused_AsIfTheForeignJobWereNotThere(string body, string code)
    {
        var foreign = await _globex.Post("/jobs", With(body, _foreign));
        var nobodys = await _globex.Post("/jobs", With(body, Nobody));

        Assert.Equal((HttpStatusCode.UnprocessableEntity, code), (foreign.Status, foreign.Text("code")));
        Assert.Equal(nobodys.Text("detail").Replace(Nobody, _foreign, StringComparison.Ordinal), foreign.Text("detail"));
        Assert.Equal((nobodys.Status, Names(nobodys)), (foreign.Status, Names(foreign)));
        var batch = await _globex.Post("/jobs:batch", $$"""{"jobs":[{{With(body, _foreign)}},{"workflow":"quick"}]}""");
        Assert.Equal([422, 201], batch.At("results").EnumerateArray().Select(item => item.GetProperty("status").GetInt32()));
        Assert.Single((await _globex.Get("/jobs")).At("jobs").EnumerateArray());
    }

    [Fact]
    public async Task ForeignJob_NeitherShowsNorChanges_WhenSomebodyTries()
    {
        var before = await _acme.Get($"/jobs/{_foreign}");
        foreach (var policy in new[] { "fail", "run", "skip" }) await _globex.Post("/jobs", $$"""{"workflow":"quick","depends_on":["{{_foreign}}"],"on_dependency_failure":"{{policy}}"}""");

        Assert.Equal(before.Content, (await _acme.Get($"/jobs/{_foreign}")).Content);
        Assert.Single((await _acme.Get($"/jobs/{_foreign}/graph")).At("nodes").EnumerateArray());
        Assert.Equal(HttpStatusCode.NotFound, (await _globex.Get($"/jobs/{_foreign}/graph")).Status);
    }

    [Fact]
    public async Task Parent_IsShown_WhenItIsTheTenantsOwn()
    {
        var child = await _acme.Create($$"""{"workflow":"quick","parent":"{{_foreign}}"}""");
        var shown = await _acme.Get($"/jobs/{child}");
        Assert.Equal(_foreign, shown.Text("parent.job"));
        Assert.False(shown.At("parent").TryGetProperty("step", out _));
        Assert.Equal(HttpStatusCode.BadRequest, (await _acme.Post("/jobs", """{"workflow":"quick","parent":"x"}""")).Status);
    }

    [Fact]
    public async Task IdempotencyKeys_AreATenantsOwn()
    {
        const string body = """{"workflow":"quick","idempotency_key":"order-1"}""";
        Assert.NotEqual(await _acme.Create(body), await _globex.Create(body));
    }

    private static string With(string body, string job) => body.Replace("$job", job, StringComparison.Ordinal);

    private static string Names(Answer answer) => string.Join(' ', answer.Json.EnumerateObject().Select(field => field.Name));

    private async Task<Api> Tenant(string tenant, string byOperator)
    {
        var made = await Service.Json(HttpMethod.Post, "/api/v1/keys", byOperator, new { tenant, roles = new[] { "operator" } }, HttpStatusCode.Created);
        var client = Service.Client();
        client.DefaultRequestHeaders.Authorization = new("Bearer", made.GetProperty("key").GetString());
        return new Api(client);
    }
}
